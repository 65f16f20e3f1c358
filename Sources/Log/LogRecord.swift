/// A record as it was read from a log.
///
/// It is not `Sendable`, because it belongs to the thread of its consumer. It may hold a buffer of the consumer: keep
/// few records, and none after the consumer is closed. Each log has a subclass that owns the memory of key and value.
open class LogRecord {
    /// The partition that it is in.
    public final let topicPartition: TopicPartition
    /// Its offset in the partition.
    public final let offset: Int64
    /// When it was created or appended, as the topic is configured: milliseconds since 1970, UTC; -1 if unknown.
    public final let timestamp: Int64
    @usableFromInline final let key: UnsafeBufferPointer<UInt8>?
    @usableFromInline final let value: UnsafeBufferPointer<UInt8>?

    /// - Parameters:
    ///   - key: nil for a null key. The subclass keeps the memory of key and value as long as the record exists.
    ///   - value: nil for a null value.
    public init(
        _ topicPartition: TopicPartition,
        offset: Int64,
        timestamp: Int64,
        key: UnsafeBufferPointer<UInt8>?,
        value: UnsafeBufferPointer<UInt8>?
    ) {
        self.topicPartition = topicPartition
        self.offset = offset
        self.timestamp = timestamp
        self.key = key
        self.value = value
    }

    /// The topic's name.
    public final var topic: String { topicPartition.topic }
    /// The partition's number.
    public final var partition: Int32 { topicPartition.partition }

    /// Whether it has headers.
    open var hasHeaders: Bool { false }
    /// Its headers, in the order in which they were written; decoded at each call.
    open var headers: [RecordHeader] { [] }

    // Inlinable, because each of the generic calls for each record would copy the decoded event.
    /// Calls `body` with the key; nil is a null key. The pointer is valid only during the call.
    @inlinable
    public final func withKey<R, E: Error>(_ body: (UnsafeBufferPointer<UInt8>?) throws(E) -> R) throws(E) -> R {
        try withExtendedLifetime(self) { () throws(E) in try body(key) }
    }

    /// Calls `body` with the value; nil is a null value (a tombstone). The pointer is valid only during the call.
    @inlinable
    public final func withValue<R, E: Error>(_ body: (UnsafeBufferPointer<UInt8>?) throws(E) -> R) throws(E) -> R {
        try withExtendedLifetime(self) { () throws(E) in try body(value) }
    }

    /// Proves later that the log still has this record. It is computed at each call: about 0.3 µs for 300 bytes.
    public final var fingerprint: Fingerprint {
        withExtendedLifetime(self) { Fingerprint(offset: offset, key: key, value: value, timestamp: timestamp) }
    }
}

/// A record that owns a copy of its key and value, for logs without a network buffer.
public final class CopiedRecord: LogRecord {
    private let memory: UnsafeMutableBufferPointer<UInt8>

    /// A record without headers.
    public init(_ partition: TopicPartition, offset: Int64, key: [UInt8]?, value: [UInt8]?, timestamp: Int64) {
        let keyCount = key?.count ?? 0
        let memory = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(1, keyCount + (value?.count ?? 0)))
        _ = memory.initialize(from: (key ?? []) + (value ?? []))
        self.memory = memory
        super.init(
            partition,
            offset: offset,
            timestamp: timestamp,
            key: key.map { UnsafeBufferPointer(rebasing: memory[0..<$0.count]) },
            value: value.map { UnsafeBufferPointer(rebasing: memory[keyCount..<keyCount + $0.count]) }
        )
    }

    deinit { memory.deallocate() }
}
