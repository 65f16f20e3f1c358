internal import Concurrency
package import Log

/// Reads where the logs of the topics begin and end.
package enum LogEnds {
    /// The watermarks of every partition of the topics that are read.
    /// - Parameter timeoutMilliseconds: for each of the two requests: the partitions and their offsets.
    /// - Throws: ``MissingTopics``, or ``LogError``.
    package static func watermarks(
        of topics: TopicNames,
        in log: any LogBackend,
        timeoutMilliseconds: Int32 = 10_000
    ) async throws -> [TopicPartition: Watermarks] {
        try await watermarks(of: topics, by: log.admin(), timeoutMilliseconds: timeoutMilliseconds)
    }

    /// The same, for a caller that keeps its connection for many calls.
    package static func watermarks(
        of topics: TopicNames,
        by admin: any LogAdmin,
        timeoutMilliseconds: Int32
    ) async throws -> [TopicPartition: Watermarks] {
        let names = Array(topics.byName.keys)
        return try await BlockingThread.run("log ends") {
            let counts = try admin.partitions(of: names, timeoutMilliseconds: timeoutMilliseconds)
            let missing = names.filter { counts[$0] == nil }.sorted()
            if !missing.isEmpty { throw MissingTopics(names: missing) }
            let partitions = counts.flatMap { topic, count in
                (0..<count).map { TopicPartition(topic: topic, partition: $0) }
            }
            return try admin.watermarks(of: partitions, timeoutMilliseconds: timeoutMilliseconds)
        }
    }
}

/// Topics that do not exist.
package struct MissingTopics: Error, CustomStringConvertible {
    /// Their names.
    package let names: [String]

    /// Topics with these names.
    package init(names: [String]) { self.names = names }

    package var description: String {
        "these topics do not exist: \(names.joined(separator: ", ")); create them with `salestargets topics create`"
    }
}
