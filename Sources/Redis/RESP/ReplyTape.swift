/// Replies in one flat form: a node for each reply and each element, in the order of the protocol, and the bytes of all
/// texts in one array. So the replies to a pipeline cost a few allocations together, instead of several each.
struct ReplyTape: Sendable {
    enum Kind: UInt8 {
        case null, integer, bytes, status, error, array
    }

    struct Node {
        let kind: Kind
        /// The number, where a text begins, or how many elements an array has.
        let value: Int64
        /// Where a text ends; of an array the node after its last element, and of anything else the next node.
        fileprivate(set) var end: Int
    }

    /// Where a whole reply ends, and the next one begins.
    private struct End {
        let node: Int
        let bytes: Int
    }

    private(set) var nodes: [Node] = []
    private(set) var bytes: [UInt8] = []
    private var ends: [End] = []

    /// The most nodes and bytes for which a new tape reserves memory.
    private static let reserveLimit = 1 << 16

    init() {}

    /// A tape with room for replies like those of another one: a pipeline is mostly like the one before.
    init(like former: ReplyTape) {
        nodes.reserveCapacity(min(former.nodes.count, Self.reserveLimit))
        bytes.reserveCapacity(min(former.bytes.count, Self.reserveLimit))
        ends.reserveCapacity(min(former.ends.count, Self.reserveLimit))
    }

    /// The number of whole replies.
    var count: Int { ends.count }

    /// The node of a whole reply.
    func node(ofReply index: Int) -> Int { index == 0 ? 0 : ends[index - 1].node }

    /// The bytes of the text in a node.
    func text(of node: Node) -> ArraySlice<UInt8> { bytes[Int(node.value)..<node.end] }

    /// Ends a whole reply: what was added since the one before belongs to it.
    mutating func endReply() { ends.append(End(node: nodes.count, bytes: bytes.count)) }

    /// Takes the last whole reply away; nothing may have been added since.
    mutating func removeLastReply() {
        ends.removeLast()
        nodes.removeSubrange((ends.last?.node ?? 0)...)
        bytes.removeSubrange((ends.last?.bytes ?? 0)...)
    }

    /// Adds a null, an integer, or an array without its elements.
    mutating func appendNode(_ kind: Kind, _ value: Int64 = 0) {
        nodes.append(Node(kind: kind, value: value, end: nodes.count + 1))
    }

    /// Adds a text.
    mutating func appendText(_ kind: Kind, _ text: UnsafeRawBufferPointer) {
        let start = bytes.count
        bytes.append(contentsOf: text)
        nodes.append(Node(kind: kind, value: Int64(start), end: bytes.count))
    }

    /// Notes that everything after this array so far is in it.
    mutating func extend(array: Int) { nodes[array].end = nodes.count }
}

extension ReplyTape {
    /// Adds a reply, or an element of one.
    mutating func append(_ value: RedisValue) {
        switch value {
        case .null: appendNode(.null)
        case .integer(let number): appendNode(.integer, number)
        case .bytes(let bytes): append(.bytes, text: bytes)
        case .status(let text): append(.status, text: Array(text.utf8))
        case .error(let error): append(.error, text: Array(error.description.utf8))
        case .array(let elements):
            let array = nodes.count
            appendNode(.array, Int64(elements.count))
            for element in elements { append(element) }
            extend(array: array)
        }
    }

    private mutating func append(_ kind: Kind, text: [UInt8]) {
        text.withUnsafeBytes { appendText(kind, $0) }
    }
}
