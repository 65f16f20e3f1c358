/// A record to write.
public struct ProducerRecord: Sendable {
    /// The topic to write to.
    public var topic: String
    /// Nil to choose it by the hash of the key, or at random without a key.
    public var partition: Int32?
    /// Nil for no key.
    public var key: [UInt8]?
    /// Nil for a tombstone.
    public var value: [UInt8]?
    /// In this order; names may repeat.
    public var headers: [RecordHeader]
    /// In milliseconds since 1970, UTC; nil for now.
    public var timestamp: Int64?

    /// A record for this topic.
    public init(
        topic: String,
        partition: Int32? = nil,
        key: [UInt8]?,
        value: [UInt8]?,
        headers: [RecordHeader] = [],
        timestamp: Int64? = nil
    ) {
        self.topic = topic
        self.partition = partition
        self.key = key
        self.value = value
        self.headers = headers
        self.timestamp = timestamp
    }
}

/// Where a record was written.
public struct RecordPosition: Hashable, Sendable {
    /// The partition it was written to.
    public let partition: TopicPartition
    /// Its offset there.
    public let offset: Int64

    /// A position in a partition.
    public init(partition: TopicPartition, offset: Int64) {
        self.partition = partition
        self.offset = offset
    }
}

/// Writes records to a log. Any thread may use it.
public protocol LogProducer: AnyObject, Sendable {
    /// Writes a record and waits, without blocking, until the log has stored it. The record may be written even if the
    /// task is cancelled.
    func send(_ record: ProducerRecord) async throws(LogError) -> RecordPosition
    /// An empty batch. Batches of one producer do not hear of each other's failures.
    func batch() -> any ProducerBatch
    /// Waits for the records that are not written yet, and closes the connection.
    func close(timeoutMilliseconds: Int32)
}

/// Records that are written together. Any thread may use it; its calls block, so do not make them on Swift's cooperative
/// pool.
public protocol ProducerBatch: AnyObject, Sendable {
    /// Queues a record and does not wait until it is written; waits only for room in the producer's queue.
    /// - Throws: why the record was not accepted. It is then not in the batch.
    func append(_ record: ProducerRecord) throws(LogError)
    /// Blocks until every record of this batch is written or has failed. After a timeout the records that are not
    /// written yet stay in the batch.
    /// - Throws: a timeout, or the first failure of a record of this batch, with the number of failures.
    func wait(timeoutMilliseconds: Int32) throws(LogError)
}

/// What a producer is used for; this decides its timeouts and limits.
public enum ProducerUse: Sendable {
    /// Many records at once; nothing waits for a single one.
    case bulk
    /// A request waits for each record: it fails if it is not written within five seconds.
    case requests
    /// Records of up to 10 MiB: a refused record and the headers that are added to it.
    case deadLetters
}
