internal import CKafka
internal import Log

/// Receives the delivery reports of a producer. Each record carries the receiver of its own report, so that no caller
/// takes the failure of another one's record.
enum DeliveryReports {
    /// Registers the callback.
    static func install(in configuration: NativeConfiguration) {
        rd_kafka_conf_set_dr_msg_cb(configuration.pointer) { _, message, _ in
            guard let message, let context = message.pointee._private else { return }
            // Balances the retain in `produce`: there is exactly one report for each message. librdkafka owns the message.
            let receiver = Unmanaged<DeliveryReceiver>.fromOpaque(context).takeRetainedValue()
            receiver.receive(message.pointee.deliveryResult)
        }
    }
}

/// What is done with the report of a record.
final class DeliveryReceiver: Sendable {
    let receive: @Sendable (Result<RecordPosition, LogError>) -> Void

    init(_ receive: @escaping @Sendable (Result<RecordPosition, LogError>) -> Void) { self.receive = receive }
}

extension rd_kafka_message_t {
    fileprivate var deliveryResult: Result<RecordPosition, LogError> {
        let topic = rkt.map { String(cString: rd_kafka_topic_name($0)) } ?? ""
        let place = TopicPartition(topic: topic, partition: partition)
        if err == RD_KAFKA_RESP_ERR_NO_ERROR { return .success(RecordPosition(partition: place, offset: offset)) }
        return .failure(
            LogError(
                err,
                isFatal: err == RD_KAFKA_RESP_ERR__FATAL,
                topicPartition: partition == RD_KAFKA_PARTITION_UA ? nil : place,
                subject: topic
            )
        )
    }
}
