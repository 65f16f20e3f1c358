/// What a log refused or failed to do. It never holds the value of a setting, so it is safe to log.
public struct LogError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The log's error code. For Kafka it is librdkafka's: negative for its own errors, positive for the protocol's.
    public let code: Int32
    /// The name of the code, such as `_TRANSPORT` or `TOPIC_ALREADY_EXISTS`.
    public let name: String
    /// What happened.
    public let reason: String
    /// What to do about it; nil where the reason says enough.
    public let remedy: String?
    /// Whether it has ended the client. A consumer cannot be used any more; a producer goes on with a new client.
    public let isFatal: Bool
    /// Whether the same call may succeed later although nobody changed anything.
    public let isRetriable: Bool
    /// Whether nobody can use the log before a person has corrected a password, a right, a certificate or a file.
    public let needsPerson: Bool
    /// Whether a setting of the client is wrong.
    public let isBadSetting: Bool
    /// Whether a record is larger than the log accepts.
    public let isTooLarge: Bool
    /// The partition with the error; nil where it is not about one partition.
    public let topicPartition: TopicPartition?
    /// What the error is about if it is not a partition: a topic, a setting, a group or an address.
    public let subject: String?

    /// An error; what is nil or false does not apply.
    public init(
        code: Int32,
        name: String,
        reason: String,
        remedy: String? = nil,
        isFatal: Bool = false,
        isRetriable: Bool = false,
        needsPerson: Bool = false,
        isBadSetting: Bool = false,
        isTooLarge: Bool = false,
        topicPartition: TopicPartition? = nil,
        subject: String? = nil
    ) {
        self.code = code
        self.name = name
        self.reason = reason
        self.remedy = remedy
        self.isFatal = isFatal
        self.isRetriable = isRetriable
        self.needsPerson = needsPerson
        self.isBadSetting = isBadSetting
        self.isTooLarge = isTooLarge
        self.topicPartition = topicPartition
        self.subject = subject
    }

    /// `orders[3]: _TRANSPORT: Broker transport failure; check …`
    public var description: String {
        let place = topicPartition?.description ?? subject
        let prefix = place.map { "\($0): " } ?? ""
        let suffix = remedy.map { "; \($0)" } ?? ""
        return "\(prefix)\(name): \(reason)\(isFatal ? " (fatal)" : "")\(suffix)"
    }
}
