/// What one batch read from one partition: the offsets from `start` up to, but not including, `end.next`.
public struct OffsetRange: Hashable, Sendable {
    /// The partition that was read.
    public let partition: TopicPartition
    /// The first offset of the range.
    public let start: Int64
    /// The partition's cursor after the batch is applied.
    public let end: Cursor

    /// A range from this offset up to this cursor.
    public init(partition: TopicPartition, start: Int64, end: Cursor) {
        self.partition = partition
        self.start = start
        self.end = end
    }

    /// Whether a cursor in Redis, which another client has moved into the range or behind it, can be of the log that the
    /// range was read from.
    /// - Parameter record: the record of the range at an offset; nil where there is none, or it is not known.
    public func fits(_ cursor: Cursor, record: (Int64) -> LogRecord?) -> Bool {
        if cursor.next <= start { return true }
        if cursor.last.offset == end.last.offset { return cursor.last == end.last }
        return record(cursor.last.offset).map { $0.fingerprint == cursor.last } ?? true
    }
}
