/// A JSON text, checked whole and taken apart in one pass: its values one after the other, each with where it stands and
/// where the next one begins. Nothing is copied, and nesting takes no stack.
struct JSONTape {
    /// One value; an object's members are a key and a value in turn.
    struct Node {
        var kind: Kind
        /// Where its text begins and ends: a string's without its quotes.
        var start: Int32
        var end: Int32
        /// Index of the node after it and all within it.
        var next: Int32
    }

    enum Kind: UInt8 {
        case object, array, string, escapedString, number, yes, no, null
    }

    private let text: UnsafeBufferPointer<UInt8>
    let nodes: [Node]

    /// How deep objects and arrays may lie in each other.
    static let maximumDepth = 64

    /// - Parameter text: valid for as long as the tape is used, and at most 2 GiB.
    init(_ text: UnsafeBufferPointer<UInt8>) throws(EventError) {
        self.text = text
        nodes = try JSONParser.parse(text)
    }

    /// What a string, number or name says, with its escapes resolved, for the time of the call.
    func withText<Result>(
        _ node: Node,
        _ body: (UnsafeBufferPointer<UInt8>) throws(EventError) -> Result
    ) throws(EventError) -> Result {
        guard node.kind == .escapedString else { return try body(bytes(node)) }
        return try JSONString.unescaped(bytes(node)).withUnsafeBufferPointer(body)
    }

    /// What a string or number says.
    func string(_ node: Node) -> String {
        guard node.kind == .escapedString else { return String(decoding: bytes(node), as: UTF8.self) }
        return String(decoding: JSONString.unescaped(bytes(node)), as: UTF8.self)
    }

    /// The text of a value, without a string's quotes.
    func bytes(_ node: Node) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(rebasing: text[Int(node.start)..<Int(node.end)])
    }
}
