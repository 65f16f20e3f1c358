internal import CKafka
internal import Log
internal import Synchronization

/// Receives a producer's delivery reports: completes the caller that waits for one, and counts the other failures.
final class DeliveryReports: Sendable {
    private struct Failures {
        var count = 0
        var first: LogError?
    }

    private let failures = Mutex(Failures())

    /// Registers the callback. The opaque value of `configuration` must be a `DeliveryReports`.
    static func install(in configuration: NativeConfiguration) {
        rd_kafka_conf_set_dr_msg_cb(configuration.pointer) { _, message, target in
            guard let message, let target else { return }
            // Not retained: the client's handle keeps the target alive. librdkafka owns the message.
            Unmanaged<DeliveryReports>.fromOpaque(target).takeUnretainedValue().report(message.pointee)
        }
    }

    /// The failures since the last call that no caller waited for, as one error; nil if there were none.
    func takeFailure() -> LogError? {
        failures.withLock { failures in
            defer { failures = Failures() }
            guard let first = failures.first else { return nil }
            let count = failures.count
            return LogError(
                rd_kafka_resp_err_t(first.code),
                reason: count == 1 ? first.reason : "\(count) messages were not written; the first: \(first.reason)",
                isFatal: first.isFatal,
                topicPartition: first.topicPartition,
                subject: first.subject
            )
        }
    }

    private func report(_ message: rd_kafka_message_t) {
        let failure = message.err == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : LogError(undelivered: message)
        if let context = message._private {
            // Balances the retain in `produce`: there is exactly one report for each message.
            let pending = Unmanaged<PendingDelivery>.fromOpaque(context).takeRetainedValue()
            pending.finish(
                failure.map { .failure($0) } ?? .success(pending.position(message.partition, message.offset))
            )
        } else if let failure {
            failures.withLock { failures in
                failures.count += 1
                failures.first = failures.first ?? failure
            }
        }
    }
}

extension LogError {
    fileprivate init(undelivered message: rd_kafka_message_t) {
        let topic = message.rkt.map { String(cString: rd_kafka_topic_name($0)) } ?? ""
        let isKnown = message.partition != RD_KAFKA_PARTITION_UA
        self.init(
            message.err,
            isFatal: message.err == RD_KAFKA_RESP_ERR__FATAL,
            topicPartition: isKnown ? TopicPartition(topic: topic, partition: message.partition) : nil,
            subject: topic
        )
    }
}

/// A caller that waits for its delivery report.
final class PendingDelivery: Sendable {
    private let topic: String
    private let continuation: CheckedContinuation<Result<RecordPosition, LogError>, Never>

    init(of topic: String, _ continuation: CheckedContinuation<Result<RecordPosition, LogError>, Never>) {
        self.topic = topic
        self.continuation = continuation
    }

    func position(_ partition: Int32, _ offset: Int64) -> RecordPosition {
        RecordPosition(partition: TopicPartition(topic: topic, partition: partition), offset: offset)
    }

    func finish(_ result: Result<RecordPosition, LogError>) { continuation.resume(returning: result) }
}
