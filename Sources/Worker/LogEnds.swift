package import Events
package import Kafka
package import Ledger

/// Where the log ends now.
package enum LogEnds {
    /// The offset after the last record of every partition of the topics that are read.
    /// - Throws: when a broker does not answer within ten seconds.
    package static func read(
        of topics: TopicNames,
        from kafka: KafkaConfiguration
    ) async throws -> [LogPartition: Int64] {
        let names = Array(topics.byName.keys)
        return try await BlockingThread.run("log ends") {
            let admin = try KafkaAdmin(kafka)
            let partitions = try admin.partitions(of: names, timeoutMilliseconds: 10_000).flatMap { topic, count in
                (0..<count).map { TopicPartition(topic: topic, partition: $0) }
            }
            return try admin.watermarks(of: partitions, timeoutMilliseconds: 10_000).reduce(into: [:]) { ends, item in
                ends[LogPartition(topic: item.key.topic, partition: item.key.partition)] = item.value.high
            }
        }
    }
}
