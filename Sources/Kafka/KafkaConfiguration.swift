internal import Log

/// How to reach a Kafka cluster, and any librdkafka properties by their own names.
///
/// The names and meanings are those of librdkafka's `CONFIGURATION.md`; one that it refuses is a `LogError` that names
/// the property and never its value.
public struct KafkaConfiguration: Sendable {
    /// `host:port`, several of them with commas between.
    public var bootstrapServers: String
    /// librdkafka properties, such as `security.protocol` or `sasl.password`.
    public var properties: [String: String]

    /// Brokers, and properties by librdkafka's own names.
    public init(bootstrapServers: String, properties: [String: String] = [:]) {
        self.bootstrapServers = bootstrapServers
        self.properties = properties
    }
}

// Values may be secrets, so printing a configuration shows the names alone.
extension KafkaConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The bootstrap servers and the names of the properties, without their values.
    public var description: String {
        "KafkaConfiguration(\(bootstrapServers); \(properties.keys.sorted().joined(separator: ", ")))"
    }

    /// The same as `description`.
    public var debugDescription: String { description }

    /// Shows no values either, to `dump` and the debugger.
    public var customMirror: Mirror {
        Mirror(
            self,
            children: ["bootstrapServers": bootstrapServers, "properties": properties.keys.sorted()]
        )
    }
}

extension KafkaConfiguration {
    /// What every client of ours starts from.
    static let commonDefaults = [
        "client.id": "salestargets",
        "socket.keepalive.enable": "true",
        // Ten seconds, librdkafka's own, is a long time to stand still after a broker is back.
        "reconnect.backoff.max.ms": "2000",
    ]

    /// The properties to set: ours, overridden by the user's, and `forced` which the user may only repeat.
    func settings(
        defaults: [String: String],
        forced: [String: String]
    ) throws(LogError) -> [String: String] {
        var all = Self.commonDefaults.merging(defaults) { $1 }.merging(properties) { $1 }
        for (name, value) in forced.sorted(by: { $0.key < $1.key }) {
            if let theirs = properties[name], theirs != value {
                throw LogError(
                    refusedProperty: name,
                    reason: "is set by this program and cannot be changed; leave it out"
                )
            }
            all[name] = value
        }
        if properties["bootstrap.servers"] != nil || properties["metadata.broker.list"] != nil {
            throw LogError(refusedProperty: "bootstrap.servers", reason: "is given twice; leave the property out")
        }
        all["bootstrap.servers"] = bootstrapServers
        return all
    }

    /// Takes the properties' values out of a text of librdkafka's: any of them may be a secret. Shorter ones would take
    /// parts of words along.
    func redacting(_ text: String) -> String {
        properties.values.filter { $0.count >= 4 }.reduce(text) { $0.replacing($1, with: "…") }
    }
}
