public import Log

/// The log on a real Kafka cluster.
public struct KafkaBackend: LogBackend {
    /// The configuration of every client.
    public var configuration: KafkaConfiguration

    /// Does not connect.
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

    public var partitioner: String { configuration.properties[Partitioner.property] ?? Partitioner.standard }

    public func partition(of key: [UInt8], among count: Int32, by partitioner: String) -> Int32? {
        if key.isEmpty || count < 1 { return nil }
        return Partitioner(name: partitioner)?.partition(of: key, among: count)
    }

    public func admin() throws(LogError) -> any LogAdmin { try KafkaAdmin(configuration) }

    /// Defaults for a use. librdkafka has two names for some properties; a value under either one overrides the default.
    private static func defaults(for use: ProducerUse) -> [(name: String, alias: String, value: String)] {
        switch use {
        case .bulk: []
        case .requests:
            [
                ("message.timeout.ms", "delivery.timeout.ms", "5000"), ("linger.ms", "queue.buffering.max.ms", "1"),
                // Room for the largest event (1 MiB). The broker decides whether its topic accepts it.
                ("message.max.bytes", "message.max.bytes", "1114112"),
            ]
        case .deadLetters: [("message.max.bytes", "message.max.bytes", "10485760")]
        }
    }
}
