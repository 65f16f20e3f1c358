/// What a log refused or failed to do. It never holds the value of a setting, so it can be logged.
public struct LogError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The log's own code for the error. With Kafka, librdkafka's: negative for its own, positive for the protocol's.
    public let code: Int32
    /// The code's name as the log spells it: `_TRANSPORT`, `TOPIC_ALREADY_EXISTS`.
    public let name: String
    /// What happened.
    public let reason: String
    /// What to do about it; nil where the reason says enough.
    public let remedy: String?
    /// The client that met it cannot be used any more: a new one is needed.
    public let isFatal: Bool
    /// Trying again later may succeed without anyone changing anything.
    public let isRetriable: Bool
    /// A record is larger than the log accepts.
    public let isTooLarge: Bool
    /// The partition that it is about, if it is about one.
    public let topicPartition: TopicPartition?
    /// What else it is about: a topic, a setting, a group, an address.
    public let subject: String?

    /// An error; what is left out does not apply.
    public init(
        code: Int32,
        name: String,
        reason: String,
        remedy: String? = nil,
        isFatal: Bool = false,
        isRetriable: Bool = false,
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
        self.isTooLarge = isTooLarge
        self.topicPartition = topicPartition
        self.subject = subject
    }

    /// `orders[3]: _TRANSPORT: Broker transport failure; check …`
    public var description: String {
        let culprit = topicPartition?.description ?? subject
        let prefix = culprit.map { "\($0): " } ?? ""
        let suffix = remedy.map { "; \($0)" } ?? ""
        return "\(prefix)\(name): \(reason)\(isFatal ? " (fatal)" : "")\(suffix)"
    }
}
