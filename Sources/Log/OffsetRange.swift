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
}
