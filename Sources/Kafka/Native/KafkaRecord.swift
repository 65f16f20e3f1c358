internal import CKafka

/// A record as it was read. It owns librdkafka's message until it is released, and with it the buffer it came in.
///
/// Not `Sendable`: it belongs to its consumer's thread. Keep few of them, and none past the consumer's `close`, which
/// cannot end the client while one is left.
public final class KafkaRecord {
    private let message: UnsafeMutablePointer<rd_kafka_message_t>
    private let origin: RecordOrigin
    /// The timestamp of a record that no broker sent, whose message and bytes are ours; nil for librdkafka's.
    private let ownTimestamp: Int64?

    /// Takes the message over: it is destroyed with the record.
    init(consuming message: UnsafeMutablePointer<rd_kafka_message_t>, origin: RecordOrigin) {
        self.message = message
        self.origin = origin
        ownTimestamp = nil
    }

    /// A record that no broker sent, without headers: for logs that are made up.
    package init(_ partition: TopicPartition, offset: Int64, key: [UInt8]?, value: [UInt8]?, timestamp: Int64) {
        message = .allocate(capacity: 1)
        message.initialize(to: rd_kafka_message_t())
        message.pointee.offset = offset
        origin = RecordOrigin(partition, client: nil)
        ownTimestamp = timestamp
        (message.pointee.key, message.pointee.key_len) = Self.copied(key)
        (message.pointee.payload, message.pointee.len) = Self.copied(value)
    }

    deinit {
        if ownTimestamp == nil { return rd_kafka_message_destroy(message) }
        message.pointee.key?.deallocate()
        message.pointee.payload?.deallocate()
        message.deallocate()
    }

    private static func copied(_ bytes: [UInt8]?) -> (UnsafeMutableRawPointer?, Int) {
        guard let bytes else { return (nil, 0) }
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, bytes.count), alignment: 1)
        copy.copyBytes(from: bytes)
        return (copy.baseAddress, bytes.count)
    }

    /// The topic and partition it lies in.
    public var topicPartition: TopicPartition { origin.topicPartition }
    /// The topic's name.
    public var topic: String { origin.topicPartition.topic }
    /// The partition's number.
    public var partition: Int32 { origin.topicPartition.partition }
    /// Where it lies in the partition.
    public var offset: Int64 { message.pointee.offset }

    /// When it was created or appended, as the topic is set up: milliseconds since 1970, UTC; -1 if unknown.
    public var timestamp: Int64 {
        if let ownTimestamp { return ownTimestamp }
        var type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
        return rd_kafka_message_timestamp(message, &type)
    }

    /// Lends the key, or nil for a null key; the pointer is good inside `body` only.
    public func withKey<R, E: Error>(_ body: (UnsafeBufferPointer<UInt8>?) throws(E) -> R) throws(E) -> R {
        try withExtendedLifetime(self) { () throws(E) in try body(key) }
    }

    /// Lends the value, or nil for a null value (a tombstone); the pointer is good inside `body` only.
    public func withValue<R, E: Error>(_ body: (UnsafeBufferPointer<UInt8>?) throws(E) -> R) throws(E) -> R {
        try withExtendedLifetime(self) { () throws(E) in try body(value) }
    }

    /// Whether there is a header.
    public var hasHeaders: Bool { nativeHeaders != nil }

    /// Its headers, in the order they were written; decoded anew at each call.
    public var headers: [KafkaHeader] {
        guard let list = nativeHeaders else { return [] }
        var headers: [KafkaHeader] = []
        headers.reserveCapacity(rd_kafka_header_cnt(list))
        var name: UnsafePointer<CChar>?
        var value: UnsafeRawPointer?
        var size = 0
        // The pointers are into the message, and are copied at once.
        while rd_kafka_header_get_all(list, headers.count, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR,
            let text = name
        {
            let bytes = value.map { [UInt8](UnsafeRawBufferPointer(start: $0, count: size)) }
            headers.append(KafkaHeader(name: String(cString: text), value: bytes))
        }
        return headers
    }

    /// What proves later that the log still holds this record. Computed at each call, about 0.3 µs for 300 bytes.
    public var fingerprint: Fingerprint {
        Fingerprint(offset: offset, key: key, value: value, timestamp: timestamp)
    }

    /// The broker it came from.
    var broker: Int32 { rd_kafka_message_broker_id(message) }

    private var key: UnsafeBufferPointer<UInt8>? { buffer(message.pointee.key, message.pointee.key_len) }
    private var value: UnsafeBufferPointer<UInt8>? { buffer(message.pointee.payload, message.pointee.len) }

    private func buffer(_ start: UnsafeMutableRawPointer?, _ count: Int) -> UnsafeBufferPointer<UInt8>? {
        guard let start else { return nil }
        return UnsafeBufferPointer(start: start.assumingMemoryBound(to: UInt8.self), count: count)
    }

    /// Parsed by librdkafka at the first call, and owned by the message.
    private var nativeHeaders: OpaquePointer? {
        if ownTimestamp != nil { return nil }
        var list: OpaquePointer?
        return rd_kafka_message_headers(message, &list) == RD_KAFKA_RESP_ERR_NO_ERROR ? list : nil
    }
}

/// What the records of a partition share: its name, made once, and the client, which must outlive its messages.
final class RecordOrigin: Sendable {
    let topicPartition: TopicPartition
    private let client: ClientHandle?

    init(_ topicPartition: TopicPartition, client: ClientHandle?) {
        self.topicPartition = topicPartition
        self.client = client
    }
}
