internal import CKafka
internal import Log

/// A record that owns librdkafka's message, and so keeps the message's fetch buffer in memory.
final class KafkaRecord: LogRecord {
    private let message: UnsafeMutablePointer<rd_kafka_message_t>
    private let origin: RecordOrigin

    /// Takes ownership of the message and destroys it in `deinit`.
    init(consuming message: UnsafeMutablePointer<rd_kafka_message_t>, origin: RecordOrigin) {
        self.message = message
        self.origin = origin
        var type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
        super.init(
            origin.topicPartition,
            offset: message.pointee.offset,
            timestamp: rd_kafka_message_timestamp(message, &type),
            key: Self.buffer(message.pointee.key, message.pointee.key_len),
            value: Self.buffer(message.pointee.payload, message.pointee.len)
        )
    }

    deinit { rd_kafka_message_destroy(message) }

    override var hasHeaders: Bool { nativeHeaders != nil }

    override var headers: [RecordHeader] {
        guard let list = nativeHeaders else { return [] }
        var headers: [RecordHeader] = []
        headers.reserveCapacity(rd_kafka_header_cnt(list))
        var name: UnsafePointer<CChar>?
        var value: UnsafeRawPointer?
        var size = 0
        // The pointers are valid only while the message lives, so the bytes are copied.
        while rd_kafka_header_get_all(list, headers.count, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR,
            let text = name
        {
            let bytes = value.map { [UInt8](UnsafeRawBufferPointer(start: $0, count: size)) }
            headers.append(RecordHeader(name: String(cString: text), value: bytes))
        }
        return headers
    }

    /// The id of the broker that sent the record.
    var broker: Int32 { rd_kafka_message_broker_id(message) }

    /// Owned by the message; librdkafka parses the headers at the first call.
    private var nativeHeaders: OpaquePointer? {
        var list: OpaquePointer?
        return rd_kafka_message_headers(message, &list) == RD_KAFKA_RESP_ERR_NO_ERROR ? list : nil
    }

    private static func buffer(_ start: UnsafeMutableRawPointer?, _ count: Int) -> UnsafeBufferPointer<UInt8>? {
        guard let start else { return nil }
        return UnsafeBufferPointer(start: start.assumingMemoryBound(to: UInt8.self), count: count)
    }
}

/// Shared by the records of a partition: its name, and the client, which must live longer than its messages.
final class RecordOrigin: Sendable {
    let topicPartition: TopicPartition
    private let client: ClientHandle

    init(_ topicPartition: TopicPartition, client: ClientHandle) {
        self.topicPartition = topicPartition
        self.client = client
    }
}
