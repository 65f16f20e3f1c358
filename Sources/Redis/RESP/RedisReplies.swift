/// The replies to a pipeline, one for each command and in their order. A ``RedisValue`` is made each time one is asked
/// for; what runs for every order reads a ``RedisReply`` instead.
public struct RedisReplies: RandomAccessCollection, Equatable, ExpressibleByArrayLiteral, Sendable {
    public typealias SubSequence = RedisReplies

    /// Shared by all parts and replies.
    final class Storage: Sendable {
        let tape: ReplyTape

        init(_ tape: ReplyTape) { self.tape = tape }
    }

    private let storage: Storage
    public let startIndex: Int
    public let endIndex: Int

    init(_ tape: ReplyTape) {
        self.init(Storage(tape), 0..<tape.count)
    }

    /// The replies of a test.
    public init(arrayLiteral values: RedisValue...) { self.init(values) }

    /// The replies of a simulated Redis.
    package init(_ values: some Sequence<RedisValue>) {
        var tape = ReplyTape()
        for value in values {
            tape.append(value)
            tape.endReply()
        }
        self.init(tape)
    }

    private init(_ storage: Storage, _ range: Range<Int>) {
        self.storage = storage
        (startIndex, endIndex) = (range.lowerBound, range.upperBound)
    }

    public static func == (left: RedisReplies, right: RedisReplies) -> Bool { left.elementsEqual(right) }

    public subscript(index: Int) -> RedisValue { reply(at: index).value }

    public subscript(range: Range<Int>) -> RedisReplies {
        precondition(startIndex <= range.lowerBound && range.upperBound <= endIndex)
        return RedisReplies(storage, range)
    }

    /// A reply, without a copy of what it holds.
    public func reply(at index: Int) -> RedisReply {
        precondition(indices.contains(index))
        return RedisReply(storage, node: storage.tape.node(ofReply: index))
    }
}
