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

    let text: UnsafeBufferPointer<UInt8>
    private(set) var nodes: [Node] = []

    /// How deep objects and arrays may lie in each other.
    static let maximumDepth = 64

    /// - Parameter text: valid for as long as the tape is used.
    init(_ text: UnsafeBufferPointer<UInt8>) throws(EventError) {
        self.text = text
        nodes.reserveCapacity(48)
        var parser = JSONParser(text: text)
        try parser.parse(into: &nodes)
    }
}

extension JSONTape {
    /// The text of a node.
    func bytes(_ node: Node) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(rebasing: text[Int(node.start)..<Int(node.end)])
    }

    /// The text of a string node, with its escapes resolved.
    func string(_ node: Node) -> String {
        let bytes = bytes(node)
        guard node.kind == .escapedString else { return String(decoding: bytes, as: UTF8.self) }
        return String(decoding: Self.unescaped(bytes), as: UTF8.self)
    }

    /// The escapes were checked when the text was taken apart.
    private static func unescaped(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = 0
        func unit(at start: Int) -> UInt32 {
            bytes[start..<start + 4].reduce(0) { $0 << 4 | UInt32(JSONParser.hexDigit($1) ?? 0) }
        }
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "\\") else {
                result.append(bytes[index])
                index += 1
                continue
            }
            index += 2
            switch bytes[index - 1] {
            case UInt8(ascii: "b"): result.append(0x08)
            case UInt8(ascii: "f"): result.append(0x0c)
            case UInt8(ascii: "n"): result.append(0x0a)
            case UInt8(ascii: "r"): result.append(0x0d)
            case UInt8(ascii: "t"): result.append(0x09)
            case UInt8(ascii: "u"):
                var scalar = unit(at: index)
                index += 4
                if (0xd800...0xdbff).contains(scalar) {
                    scalar = 0x10000 + (scalar - 0xd800) << 10 + (unit(at: index + 2) - 0xdc00)
                    index += 6
                }
                if let scalar = Unicode.Scalar(scalar) { result.append(contentsOf: UTF8.encode(scalar)!) }
            case let plain: result.append(plain)
            }
        }
        return result
    }
}
