/// A JSON text, parsed in one pass into a list of nodes: one for each value, in the order of the text. The nodes refer
/// to the text and do not copy it.
struct JSONTape {
    /// One value, or the name of a member: in an object, names and values alternate.
    struct Node {
        var kind: Kind
        /// Where its text begins and ends; for a string without the quotes.
        var start: Int32
        var end: Int32
        /// The index of the node after this one and all nodes inside it.
        var next: Int32
    }

    enum Kind: UInt8 {
        case object, array, string, escapedString
        /// A string with a character that is broken: bytes that are not UTF-8, or half a surrogate pair.
        case brokenString
        case number, yes, no, null
    }

    private let text: UnsafeBufferPointer<UInt8>
    let nodes: [Node]

    /// How deep objects and arrays may be nested.
    static let maximumDepth = 64

    /// - Parameter text: valid for as long as the tape is used, and at most 2 GiB.
    init(_ text: UnsafeBufferPointer<UInt8>) throws(EventError) {
        self.text = text
        nodes = try JSONParser.parse(text)
    }

    /// Calls `body` with the text of a string, number or name, with escapes decoded. It is valid only during the call.
    /// What is broken in it stays so.
    func withText<Result>(
        _ node: Node,
        _ body: (UnsafeBufferPointer<UInt8>) throws(EventError) -> Result
    ) throws(EventError) -> Result {
        guard node.kind == .escapedString || node.kind == .brokenString else { return try body(bytes(node)) }
        return try JSONString.unescaped(bytes(node)).withUnsafeBufferPointer(body)
    }

    /// The text of a string, number or name, with escapes decoded, and U+FFFD for what is broken.
    func string(_ node: Node) -> String {
        guard node.kind == .escapedString || node.kind == .brokenString else {
            return String(decoding: bytes(node), as: UTF8.self)
        }
        return String(decoding: JSONString.unescaped(bytes(node)), as: UTF8.self)
    }

    /// The text of a value as it is written; for a string without the quotes.
    func bytes(_ node: Node) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(rebasing: text[Int(node.start)..<Int(node.end)])
    }
}
