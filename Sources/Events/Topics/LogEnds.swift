package import Events
package import Kafka
package import Ledger

/// Where the log ends now.
package enum LogEnds {
    /// The offset after the last record of every partition of the topics that are read.
    /// - Throws: ``MissingTopics``, or what Kafka says; after ten seconds at the latest.
    package static func read(
        of topics: TopicNames,
        from kafka: KafkaConfiguration
    ) async throws -> [LogPartition: Int64] {
        try await bounds(of: topics, from: kafka).mapValues(\.high)
    }

    /// The offsets of the first record and after the last one, of the same.
    /// - Throws: as ``read(of:from:)``.
    package static func bounds(
        of topics: TopicNames,
        from kafka: KafkaConfiguration
    ) async throws -> [LogPartition: (low: Int64, high: Int64)] {
        try await bounds(of: topics, by: KafkaAdmin(kafka), timeoutMilliseconds: 10_000)
    }

    /// The same, for who asks again and again.
    /// - Throws: as ``read(of:from:)``, after the time for the topics and the time for their ends at the latest.
    package static func bounds(
        of topics: TopicNames,
        by admin: KafkaAdmin,
        timeoutMilliseconds: Int32
    ) async throws -> [LogPartition: (low: Int64, high: Int64)] {
        let names = Array(topics.byName.keys)
        return try await BlockingThread.run("log ends") {
            let counts = try admin.partitions(of: names, timeoutMilliseconds: timeoutMilliseconds)
            let missing = names.filter { counts[$0] == nil }.sorted()
            if !missing.isEmpty { throw MissingTopics(names: missing) }
            let partitions = counts.flatMap { topic, count in
                (0..<count).map { TopicPartition(topic: topic, partition: $0) }
            }
            let ends = try admin.watermarks(of: partitions, timeoutMilliseconds: timeoutMilliseconds)
            return ends.reduce(into: [:]) { bounds, item in
                bounds[LogPartition(topic: item.key.topic, partition: item.key.partition)] = item.value
            }
        }
    }
}

/// Topics that have to be there and are not.
package struct MissingTopics: Error, CustomStringConvertible {
    /// What they are called.
    package let names: [String]

    package var description: String {
        "there is no topic \(names.joined(separator: ", ")): `salestargets topics create` makes what is missing"
    }
}
