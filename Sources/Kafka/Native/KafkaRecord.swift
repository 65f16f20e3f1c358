internal import CKafka
internal import Log

/// A record that owns librdkafka's message, and with it the buffer that the message came in.
final class KafkaRecord: LogRecord {
    private let message: UnsafeMutablePointer<rd_kafka_message_t>
    private let origin: RecordOrigin

    /// Takes the message over: it is destroyed with the record.
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
        // The pointers are into the message, and are copied at once.
        while rd_kafka_header_get_all(list, headers.count, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR,
            let text = name
        {
            let bytes = value.map { [UInt8](UnsafeRawBufferPointer(start: $0, count: size)) }
            headers.append(RecordHeader(name: String(cString: text), value: bytes))
        }
        return headers
    }

    /// The broker it came from.
    var broker: Int32 { rd_kafka_message_broker_id(message) }

    /// Parsed by librdkafka at the first call, and owned by the message.
    private var nativeHeaders: OpaquePointer? {
        var list: OpaquePointer?
        return rd_kafka_message_headers(message, &list) == RD_KAFKA_RESP_ERR_NO_ERROR ? list : nil
    }

    private static func buffer(_ start: UnsafeMutableRawPointer?, _ count: Int) -> UnsafeBufferPointer<UInt8>? {
        guard let start else { return nil }
        return UnsafeBufferPointer(start: start.assumingMemoryBound(to: UInt8.self), count: count)
    }
}

/// What the records of a partition share: its name, created once, and the client, which must outlive its messages.
final class RecordOrigin: Sendable {
    let topicPartition: TopicPartition
    private let client: ClientHandle

    init(_ topicPartition: TopicPartition, client: ClientHandle) {
        self.topicPartition = topicPartition
        self.client = client
    }
}
