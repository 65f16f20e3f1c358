package import Concurrency
internal import Events
internal import Log

/// Whether other programs write a key to the same partition as this one.
///
/// Where they do not, the events of one record lie in two partitions. The order of these is not known, and compaction
/// keeps an event of each.
package enum KeyPlacement {
    /// How many of the newest records of each partition are looked at.
    private static let sample: Int64 = 20
    /// The partitioners that clients of Kafka use by default.
    private static let common = ["murmur2_random", "consistent_random", "fnv1a_random"]

    /// Looks at the newest keys of each topic. Takes about ten seconds at most, and less after `stop` is set.
    /// - Returns: a sentence for each topic with a key on another partition than where this program would write it.
    /// - Throws: ``MissingTopics``, or ``LogError``.
    package static func problems(_ settings: OperationsSettings, unless stop: StopFlag) async throws -> [String] {
        let ends = try await LogEnds.watermarks(of: settings.topics, in: settings.log, timeoutMilliseconds: 5_000)
        let log = settings.log
        let keys = try await BlockingThread.run("key placement") { try newestKeys(ends, in: log, unless: stop) }
        return Dictionary(grouping: ends.keys, by: \.topic).sorted { $0.key < $1.key }.compactMap { topic, partitions in
            problem(of: topic, keys[topic] ?? [], partitions: Int32(partitions.count), in: log)
        }
    }

    /// A key, and the partition that has it.
    private struct PlacedKey {
        let key: [UInt8]
        let partition: Int32
    }

    private static func newestKeys(
        _ ends: [TopicPartition: Watermarks],
        in log: any LogBackend,
        unless stop: StopFlag
    ) throws -> [String: [PlacedKey]] {
        let starts = ends.filter { $0.value.low < $0.value.high }
        if starts.isEmpty { return [:] }
        let consumer = try log.consumer(group: nil, member: 0)
        defer { consumer.close(timeoutMilliseconds: 1_000) }
        try consumer.assign(starts.mapValues { .offset(max($0.low, $0.high - sample)) })
        var open = Set(starts.keys)
        var keys: [String: [PlacedKey]] = [:]
        let deadline = ContinuousClock.now + .seconds(5)
        while !open.isEmpty, !stop.isSet, .now < deadline {
            switch try consumer.poll(timeoutMilliseconds: 100) {
            case .record(let record):
                if let key = record.withKey({ $0.map(Array.init) }) {
                    keys[record.topic, default: []].append(PlacedKey(key: key, partition: record.partition))
                }
                guard let high = starts[record.topicPartition]?.high, record.offset + 1 >= high else { continue }
                open.remove(record.topicPartition)
            case .caughtUp(let partition, _), .stopped(let partition, _): open.remove(partition)
            case .failed(let error): throw error
            case .assigned, .revoked, .disconnected, nil: continue
            }
        }
        return keys
    }

    private static func problem(
        of topic: String,
        _ keys: [PlacedKey],
        partitions: Int32,
        in log: any LogBackend
    ) -> String? {
        func misplaced(by partitioner: String) -> Int {
            keys.count { key in
                guard let expected = log.partition(of: key.key, among: partitions, by: partitioner) else {
                    return false
                }
                return expected != key.partition
            }
        }
        let count = misplaced(by: log.partitioner)
        if count == 0 { return nil }
        let fitting = common.first { misplaced(by: $0) == 0 }
        return "\(count) of the \(keys.count) newest keys of \(topic) are on another partition than the one that this "
            + "program writes them to (partitioner \(log.partitioner)), so the events of one record can be on two "
            + "partitions, and their order is not known: "
            + (fitting.map {
                "start all workers and servers with --kafka partitioner=\($0), which fits these keys, or let every "
                    + "other producer use \(log.partitioner)"
            }
                ?? "let every other producer use \(log.partitioner); if partitions were added, this passes")
            + " (docs/OPERATIONS.md, \"Partitioners\")"
    }
}
