public import Log

/// A Kafka cluster as the log.
public struct KafkaBackend: LogBackend {
    /// How to reach it.
    public var configuration: KafkaConfiguration

    /// The cluster that this configuration leads to.
    public init(_ configuration: KafkaConfiguration) { self.configuration = configuration }

    public func consumer(group: String?, member: Int) throws(LogError) -> sending any BlockingLogConsumer {
        var configuration = configuration
        if let instance = configuration.properties["group.instance.id"] {
            configuration.properties["group.instance.id"] = "\(instance)-\(member)"
        }
        return try KafkaConsumer(configuration, group: group)
    }

    public func producer(for use: ProducerUse) throws(LogError) -> any LogProducer {
        var configuration = configuration
        for (name, alias, value) in Self.defaults(for: use)
        where configuration.properties[name] == nil && configuration.properties[alias] == nil {
            configuration.properties[name] = value
        }
        return try KafkaProducer(configuration)
    }

    public func admin() throws(LogError) -> any LogAdmin { try KafkaAdmin(configuration) }

    /// Properties by their name and their other name.
    private static func defaults(for use: ProducerUse) -> [(name: String, alias: String, value: String)] {
        switch use {
        case .bulk: []
        case .requests:
            [
                ("message.timeout.ms", "delivery.timeout.ms", "5000"), ("linger.ms", "queue.buffering.max.ms", "1"),
                // An event has 1 MiB at most; whether the topic accepts that much is the broker's decision.
                ("message.max.bytes", "message.max.bytes", "1114112"),
            ]
        case .deadLetters: [("message.max.bytes", "message.max.bytes", "10485760")]
        }
    }
}
