internal import CKafka
package import Log

extension LogError {
    /// Whether the topic could not be created because it exists.
    package var isTopicAlreadyExists: Bool { code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS.rawValue }

    /// Whether the deadline passed before an answer, or before a record was delivered.
    package var isTimeout: Bool {
        code == RD_KAFKA_RESP_ERR__TIMED_OUT.rawValue || code == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT.rawValue
    }
}

extension LogError {
    init(
        _ code: rd_kafka_resp_err_t,
        reason: String? = nil,
        isFatal: Bool = false,
        isRetriable: Bool? = nil,
        needsPerson: Bool? = nil,
        isBadSetting: Bool = false,
        topicPartition: TopicPartition? = nil,
        subject: String? = nil
    ) {
        self.init(
            code: code.rawValue,
            // Both return static strings.
            name: String(cString: rd_kafka_err2name(code)),
            reason: reason ?? String(cString: rd_kafka_err2str(code)),
            remedy: Self.remedy(for: code),
            isFatal: isFatal,
            isRetriable: isRetriable ?? (!isFatal && Self.retriable.contains(code.rawValue)),
            needsPerson: needsPerson ?? Self.needsPerson(code, reason: reason),
            isBadSetting: isBadSetting,
            isTooLarge: code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,
            topicPartition: topicPartition,
            subject: subject
        )
    }

    /// Takes ownership of an error object of librdkafka and destroys it.
    init(consuming error: OpaquePointer, topicPartition: TopicPartition? = nil, subject: String? = nil) {
        defer { rd_kafka_error_destroy(error) }
        self.init(
            rd_kafka_error_code(error),
            reason: String(cString: rd_kafka_error_string(error)),
            isFatal: rd_kafka_error_is_fatal(error) != 0,
            topicPartition: topicPartition,
            subject: subject
        )
    }

    /// The error that ended a client, if one did.
    /// - Parameter isRetriable: whether the caller goes on with another client.
    static func fatal(of client: OpaquePointer, isRetriable: Bool = false) -> LogError? {
        var text = ErrorText()
        let code = text.read { rd_kafka_fatal_error(client, $0, $1) }
        if code == RD_KAFKA_RESP_ERR_NO_ERROR { return nil }
        return LogError(code, reason: text.string, isFatal: true, isRetriable: isRetriable)
    }

    private static let retriable = Set(
        [
            RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, RD_KAFKA_RESP_ERR__RESOLVE,
            RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, RD_KAFKA_RESP_ERR__QUEUE_FULL,
            RD_KAFKA_RESP_ERR__WAIT_COORD, RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE, RD_KAFKA_RESP_ERR__IN_PROGRESS,
            RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
            RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION,
            RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE,
            RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
            RD_KAFKA_RESP_ERR_NOT_COORDINATOR, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
            RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND, RD_KAFKA_RESP_ERR_NOT_CONTROLLER,
            RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION,
            RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE,
        ].map(\.rawValue)
    )

    /// A connection that broke during the TLS handshake has the same code as a certificate that is not trusted.
    private static func needsPerson(_ code: rd_kafka_resp_err_t, reason: String?) -> Bool {
        switch code {
        case RD_KAFKA_RESP_ERR__SSL: !(reason?.contains("SSL transport error") ?? false)
        case RD_KAFKA_RESP_ERR__AUTHENTICATION, RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED,
            RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM, RD_KAFKA_RESP_ERR_ILLEGAL_SASL_STATE,
            RD_KAFKA_RESP_ERR_SECURITY_DISABLED, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
            RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED,
            RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
            true
        default: false
        }
    }

    private static func remedy(for code: rd_kafka_resp_err_t) -> String? {
        switch code {
        case RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, RD_KAFKA_RESP_ERR__RESOLVE:
            "check that the brokers run and that the bootstrap servers are right"
        case RD_KAFKA_RESP_ERR__AUTHENTICATION, RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED,
            RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM, RD_KAFKA_RESP_ERR_ILLEGAL_SASL_STATE,
            RD_KAFKA_RESP_ERR_SECURITY_DISABLED:
            "check security.protocol, sasl.mechanism, sasl.username and sasl.password"
        case RD_KAFKA_RESP_ERR__SSL:
            "check security.protocol, ssl.ca.location, and whether the brokers' certificates are for these host names and "
                + "have not expired"
        case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC,
            RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
            "check the topic's name, or create it"
        case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
            RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
            "give this Kafka user the permission: to read the topics and describe their settings, to write to them, and "
                + "to read the group"
        case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
            "raise message.max.bytes here and on the broker"
        default: nil
        }
    }
}

/// A buffer for an error text of librdkafka.
struct ErrorText {
    private var bytes = [CChar](repeating: 0, count: 512)

    /// Lets a C function write the text. The pointer is valid only during the call.
    mutating func read<R>(_ call: (UnsafeMutablePointer<CChar>?, Int) -> R) -> R {
        bytes.withUnsafeMutableBufferPointer { call($0.baseAddress, $0.count) }
    }

    var string: String {
        String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
