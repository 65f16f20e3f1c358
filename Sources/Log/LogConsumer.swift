/// What a consumer reports.
public enum ConsumerEvent {
    /// A record to apply.
    case record(LogRecord)
    /// The consumer group assigns these partitions to this consumer. Answer with `assign`, now or after some polls.
    case assigned([TopicPartition])
    /// The consumer group revokes these partitions; nothing more is delivered from them. Answer with `unassign`. If
    /// `lost`, another consumer may already own them.
    case revoked([TopicPartition], lost: Bool)
    /// Every record that the partition has now was delivered. The next record will have the offset `next` or a higher
    /// one. The markers that end transactions take offsets too, so `next` may be more than one above the last record.
    case caughtUp(TopicPartition, next: Int64)
    /// This partition cannot be read further (``LogFault``). Nothing more is delivered from it; the other
    /// partitions continue.
    case stopped(TopicPartition, LogFault)
    /// The connection was lost. The client reconnects by itself, and then compares the logs again.
    case disconnected(LogError)
    /// The consumer cannot be used any more: a new one is needed.
    case failed(LogError)
}

/// Reads partitions of a log from given positions. It belongs to one thread.
public protocol LogConsumer: AnyObject, SendableMetatype {
    /// Joins the consumer group for these topics. The group's answer arrives as ``ConsumerEvent/assigned(_:)``.
    func subscribe(to topics: [String]) throws(LogError)
    /// Waits for the next event. The events of one partition are in the order in which they happened.
    /// - Returns: nil if there was no event within the timeout.
    /// - Throws: when the log refuses a topic or the group. Polling may continue unless the error is fatal.
    nonisolated(nonsending) func poll(timeoutMilliseconds: Int32) async throws(LogError) -> ConsumerEvent?
    /// Reads these partitions from these positions, and no others. Call it again to read from an earlier position.
    func assign(_ starts: [TopicPartition: StartPosition]) throws(LogError)
    /// Stops reading, and gives the partitions back to the group.
    func unassign() throws(LogError)
    /// Commits offsets to the group, for tools that show the lag. Reading never starts from them.
    /// - Parameter offsets: for each partition the offset after the last applied record.
    func commit(_ offsets: [TopicPartition: Int64])
    /// Compares every log with what was read of it, before more records are delivered.
    func checkLogs()
    /// The id of the cluster; nil where it has none or does not answer in time.
    func clusterId(timeoutMilliseconds: Int32) throws(LogError) -> String?
    /// Leaves the group and closes the connection. Release all records first.
    func close(timeoutMilliseconds: Int32)
}

/// A consumer whose `poll` blocks the calling thread, which must not be one of Swift's cooperative pool.
public protocol BlockingLogConsumer: LogConsumer {
    /// The same as ``LogConsumer/poll(timeoutMilliseconds:)``.
    func poll(timeoutMilliseconds: Int32) throws(LogError) -> ConsumerEvent?
    /// Delivers nothing more from this partition until it is assigned again.
    func stop(_ partition: TopicPartition)
    /// Where the partition's log begins and ends.
    func watermarks(of partition: TopicPartition, timeoutMilliseconds: Int32) throws(LogError) -> Watermarks
}

/// Where a partition's log begins and ends.
public struct Watermarks: Hashable, Sendable {
    /// The offset of the first record that the log still has.
    public let low: Int64
    /// The offset that the next record will get.
    public let high: Int64

    /// A log from `low` up to, but not including, `high`.
    public init(low: Int64, high: Int64) {
        self.low = low
        self.high = high
    }
}
