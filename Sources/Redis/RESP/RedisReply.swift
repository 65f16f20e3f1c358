/// One of the ``RedisReplies`` to a pipeline, or an element of one, where it was received.
public struct RedisReply: Sendable {
    private let storage: RedisReplies.Storage
    private let place: Int

    init(_ storage: RedisReplies.Storage, node place: Int) {
        self.storage = storage
        self.place = place
    }

    private var node: ReplyTape.Node { storage.tape.nodes[place] }

    /// Whether this is the null reply.
    public var isNull: Bool { node.kind == .null }

    /// The number of an integer reply; otherwise nil.
    public var integer: Int64? { node.kind == .integer ? node.value : nil }

    /// The bytes of a bulk string; otherwise nil.
    public var bytes: ArraySlice<UInt8>? { node.kind == .bytes ? storage.tape.text(of: node) : nil }

    /// The error, if Redis refused the command; otherwise nil.
    public var error: RedisServerError? {
        node.kind == .error ? RedisServerError(String(decoding: storage.tape.text(of: node), as: UTF8.self)) : nil
    }

    /// The elements of an array; otherwise nil.
    public var elements: Elements? { node.kind == .array ? Elements(storage, array: place) : nil }

    /// A copy in the plain form.
    public var value: RedisValue {
        switch node.kind {
        case .null: .null
        case .integer: .integer(node.value)
        case .bytes: .bytes(Array(storage.tape.text(of: node)))
        case .status: .status(String(decoding: storage.tape.text(of: node), as: UTF8.self))
        case .error: .error(RedisServerError(String(decoding: storage.tape.text(of: node), as: UTF8.self)))
        case .array: .array(Elements(storage, array: place).map(\.value))
        }
    }

    /// The elements of an array, one after the other.
    public struct Elements: Sequence, IteratorProtocol, Sendable {
        private let storage: RedisReplies.Storage
        private var place: Int
        /// How many are left.
        public private(set) var count: Int

        fileprivate init(_ storage: RedisReplies.Storage, array: Int) {
            self.storage = storage
            place = array + 1
            count = Int(storage.tape.nodes[array].value)
        }

        public var underestimatedCount: Int { count }

        public mutating func next() -> RedisReply? {
            if count == 0 { return nil }
            count -= 1
            defer {
                let node = storage.tape.nodes[place]
                place = node.kind == .array ? node.end : place + 1
            }
            return RedisReply(storage, node: place)
        }
    }
}
