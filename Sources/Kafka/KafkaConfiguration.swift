internal import Log

/// The address of a Kafka cluster, and librdkafka properties.
///
/// The names and meanings are those of librdkafka's `CONFIGURATION.md`. A property that librdkafka refuses gives a
/// `LogError` with its name and never its value.
public struct KafkaConfiguration: Sendable {
    /// One or more `host:port`, separated by commas.
    public var bootstrapServers: String
    /// librdkafka properties, such as `security.protocol` or `sasl.password`.
    public var properties: [String: String]

    /// Checks nothing: the client checks the properties when it is created.
    public init(bootstrapServers: String, properties: [String: String] = [:]) {
        self.bootstrapServers = bootstrapServers
        self.properties = properties
    }
}

// Values may be secrets, so a printed configuration shows only the names.
extension KafkaConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The bootstrap servers and the names of the properties, without their values.
    public var description: String {
        "KafkaConfiguration(\(bootstrapServers); \(properties.keys.sorted().joined(separator: ", ")))"
    }

    /// Equal to `description`.
    public var debugDescription: String { description }

    /// Hides the values from `dump` and the debugger too.
    public var customMirror: Mirror {
        Mirror(
            self,
            children: ["bootstrapServers": bootstrapServers, "properties": properties.keys.sorted()]
        )
    }
}

extension KafkaConfiguration {
    /// Defaults for every client of this program.
    static let commonDefaults = [
        "client.id": "salestargets",
        "socket.keepalive.enable": "true",
        // librdkafka's default is 10 s: too long to wait for a broker that is already back.
        "reconnect.backoff.max.ms": "2000",
    ]

    /// The properties to set: the defaults, then the user's properties, then `forced`.
    /// - Throws: an error if the user gives a forced property another value, or the bootstrap servers a second time.
    func settings(
        defaults: [String: String],
        forced: [String: String]
    ) throws(LogError) -> [String: String] {
        var all = Self.commonDefaults.merging(defaults) { $1 }.merging(properties) { $1 }
        for (name, value) in forced.sorted(by: { $0.key < $1.key }) {
            if let given = properties[name], given != value {
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

    /// Removes the properties' values from a text of librdkafka, because any value may be a secret. Values of fewer than
    /// four characters stay: they also occur inside ordinary words.
    func redacting(_ text: String) -> String {
        properties.values.filter { $0.count >= 4 }.reduce(text) { $0.replacing($1, with: "…") }
    }
}
