internal import Concurrency
internal import Events
package import Ledger
package import Log
internal import Redis
internal import SalesRules

/// The progress of each partition, the state of Redis and the group, and the problems.
package struct SystemStatus: Sendable {
    /// Sorted by topic and partition.
    package var partitions: [Partition] = []
    /// The workers' consumer group; nil if Kafka did not return it.
    package var group: ConsumerGroup?
    /// The state of Redis.
    package var redis: RedisInfo
    /// The stored settings of the numbers, as text; nil if Redis is empty.
    package var storedSettings: String?
    /// The catalog revision.
    package var catalogRevision: Int64 = 0
    /// The number of targets that are being backfilled with earlier orders.
    package var counting = 0
    /// One sentence for each problem, with what to do about it.
    package var problems: [String] = []
    /// One sentence for each fact that an operator should know.
    package var notes: [String] = []

    /// One partition of the log.
    package struct Partition: Sendable {
        package let name: TopicPartition
        /// The offset of its first record.
        package let low: Int64
        /// The offset after its last record.
        package let end: Int64
        /// The offset of the next record to apply; nil if none was ever applied.
        package let applied: Int64?
        /// Records applied in a second; nil if unknown.
        package var rate: Double?
        /// Records that wait to be applied.
        package var lag: Int64 { max(0, end - (applied ?? low)) }
    }

    /// Waiting records of all partitions.
    package var lag: Int64 { partitions.reduce(0) { $0 + $1.lag } }

    /// Reads the status.
    /// - Parameters:
    ///   - apart: the time between two readings of the cursors, from which the rates are computed.
    ///   - now: the current time, in seconds since 1970.
    package static func read(
        _ settings: OperationsSettings,
        apart: Duration,
        now: Int
    ) async throws -> SystemStatus {
        let connection = try await RedisConnection.connect(to: settings.redis)
        defer { connection.closeNow() }
        let first = try await positions(settings, connection)
        let start = ContinuousClock.now
        try await Task.sleep(for: apart)
        let bounds = try await LogEnds.watermarks(of: settings.topics, in: settings.log)
        let cursors = try await positions(settings, connection, Array(bounds.keys))
        let seconds = start.duration(to: .now) / .seconds(1)

        var pipeline = RedisPipeline()
        let keys = settings.ledger.keys
        pipeline.append(RedisCommand("INFO", "everything"))
        pipeline.append(RedisCommand("GET", keys.settings(shard: 0)))
        pipeline.append(RedisCommand("GET", keys.revision))
        pipeline.append(RedisCommand("HLEN", keys.backfills))
        let replies = try await connection.replies(to: pipeline)
        var status = SystemStatus(redis: RedisInfo(try RedisInfo.fields(replies[0])))
        status.storedSettings = replies[1].string
        status.catalogRevision = try replies[2].catalogRevision().number
        status.counting = Int(replies[3].int ?? 0)
        status.partitions = bounds.sorted { $0.key < $1.key }
            .map { name, bound in
                let applied = cursors[name]?.next
                let before = first[name]?.next ?? 0
                return Partition(
                    name: name,
                    low: bound.low,
                    end: bound.high,
                    applied: applied,
                    rate: seconds > 0 ? max(0, Double((applied ?? 0) - before) / seconds) : nil
                )
            }
        do {
            status.group = try await BlockingThread.run("group") {
                try settings.log.admin().group(settings.group, timeoutMilliseconds: 5_000)
            }
        } catch {
            status.notes.append("The members of the group \(settings.group) are unknown: \(error)")
        }
        status.problems = status.redis.problems
        status.notes += status.redis.notes(now: now)
        do {
            try settings.ledger.check(stored: replies[1].isNull ? nil : try replies[1].requireBytes())
        } catch {
            status.problems.append("\(error)")
        }
        var faults = try await BlockingThread.run("log check") {
            try LogCheck.faults(of: cursors, in: settings.log)
        }
        faults.merge(status.unreadBeginnings()) { known, _ in known }
        do throws(LedgerError) {
            let stopped = try await StoppedPartitions.all(over: connection, keys: keys)
            // The check above is newer than the note of a worker.
            for partition in stopped where faults[partition.partition] == nil {
                faults[partition.partition] = partition.description
            }
        } catch {
            if error.isTemporary { throw error }
            status.problems.append(error.description)
        }
        status.problems += faults.sorted { $0.key < $1.key }
            .map(\.value)
        if let problem = status.missingWorkers(group: settings.group) { status.problems.append(problem) }
        status.notes += status.growthNotes()
        return status
    }

    private static func positions(
        _ settings: OperationsSettings,
        _ connection: RedisConnection,
        _ partitions: [TopicPartition]? = nil
    ) async throws -> [TopicPartition: Cursor] {
        let chosen: [TopicPartition]
        if let partitions {
            chosen = partitions
        } else {
            chosen = Array(try await LogEnds.watermarks(of: settings.topics, in: settings.log).keys)
        }
        return try await Cursors.lowest(
            of: chosen,
            over: connection,
            keys: settings.ledger.keys,
            catalogTopics: settings.topics.catalog
        )
    }

    /// Partitions whose first records were deleted before any was applied.
    private func unreadBeginnings() -> [TopicPartition: String] {
        partitions.filter { $0.applied == nil && $0.low > 0 }.reduce(into: [:]) { problems, partition in
            problems[partition.name] =
                "\(partition.name) begins at \(partition.low): the \(partition.low) events before were deleted by "
                + "retention and never applied. Raise the retention, and publish the missing events again"
        }
    }

    private func missingWorkers(group: String) -> String? {
        guard let known = self.group, known.members.isEmpty, lag > 0 else { return nil }
        return "No worker is in the group \(group), and \(lag) records wait: start `salestargets worker`"
    }

    /// A note for each topic that seems to have new partitions: its last partitions were never read.
    func growthNotes() -> [String] {
        Dictionary(grouping: partitions, by: \.name.topic).sorted { $0.key < $1.key }.compactMap { topic, partitions in
            let sorted = partitions.sorted { $0.name.partition < $1.name.partition }
            let read = sorted.prefix { $0.applied != nil }.count
            let rest = sorted.dropFirst(read)
            guard read > 0, !rest.isEmpty, rest.allSatisfy({ $0.applied == nil }), rest.contains(where: { $0.end > 0 })
            else { return nil }
            return
                "\(topic) has \(sorted.count) partitions, and only the first \(read) were ever read. If the others were "
                + "added later, events of one order may be applied in the wrong order unless they have versions"
        }
    }
}
