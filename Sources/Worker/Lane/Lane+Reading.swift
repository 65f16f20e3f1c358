internal import Concurrency
internal import Events
internal import Foundation
internal import Ledger
internal import Log
internal import Logging
internal import SalesRules
internal import Synchronization

// Reading from the log, and the assignment of partitions.
extension Lane {
    /// Reads the records that are available, at most a full batch.
    /// - Parameter waiting: whether to wait for a first record.
    func read(waiting: Bool) async throws -> RecordBatch {
        var batch = try await readRecords(waiting: waiting)
        batch.close()
        for (partition, position) in batch.positions { positions[partition] = position }
        return batch
    }

    private func readRecords(waiting: Bool) async throws -> RecordBatch {
        var batch = RecordBatch(decoder: EventDecoder(settings.events), keys: settings.ledger.keys)
        while batch.count < settings.batchSize {
            if let refusal, dependencies.now() - refusal.since > Self.refusalLimit { throw refusal.error }
            let wait: Int32 = waiting && batch.count == 0 ? 100 : 0
            guard let event = try await poll(waiting: wait) else { return batch }
            switch event {
            case .record, .assigned, .caughtUp: refusal = nil
            default: break
            }
            switch event {
            case .record(let record): batch.append(record, start: start(of:))
            case .assigned(let partitions):
                rebalance = .assigned(partitions)
                return batch
            case .revoked(_, let isLost):
                logger.info("partitions were revoked", metadata: ["lost": "\(isLost)"])
                rebalance = .revoked
                return batch
            case .caughtUp(let partition, let next):
                caughtUp.insert(partition)
                batch.reach(next, of: partition, start: start(of:))
                if batch.count == 0, case .upTo = mode { return batch }
            case .stopped(let partition, let fault):
                unreported[partition] = fault
                logger.critical("\(partition) is stopped: \(fault.advice)")
                if case .upTo = mode { throw LogStopped(partition: partition, fault: fault) }
            case .disconnected(let error):
                logger.warning("Kafka is unavailable, trying again", metadata: ["error": "\(error)"])
                note(error)
            case .failed(let error):
                throw error
            }
        }
        return batch
    }

    /// How long a lane tries again when the brokers refuse it: a broker that starts may not know its users yet.
    private static let refusalLimit = Duration.seconds(10)

    /// Remembers since when the brokers refuse this client, until one of them answers.
    private func note(_ error: LogError) {
        if error.needsPerson { refusal = (refusal?.since ?? dependencies.now(), error) }
    }

    private func start(of partition: TopicPartition) -> RecordBatch.Start? {
        guard let topic = topicsByName[partition.topic], let position = positions[partition] else { return nil }
        return RecordBatch.Start(topic: topic, position: position)
    }

    /// A lane of a group continues when the broker refuses a topic or the group: a topic that does not exist may be
    /// created later, for example.
    private func poll(waiting: Int32) async throws -> ConsumerEvent? {
        do throws(LogError) {
            return try await consumer.poll(timeoutMilliseconds: waiting)
        } catch {
            if case .group = mode, !error.isFatal {
                logger.warning("Kafka refuses to deliver records, trying again", metadata: ["error": "\(error)"])
                note(error)
                return nil
            }
            throw error
        }
    }

    func follow(_ change: Rebalance, over link: any PostingLink) async throws {
        switch change {
        case .assigned(let partitions):
            logger.info("partitions were assigned", metadata: ["partitions": "\(partitions.count)"])
            applied = [:]
            try await assign(partitions, over: link)
        case .revoked:
            positions = [:]
            applied = [:]
            try consumer.unassign()
        }
    }

    /// Starts to read the partitions from their cursors in Redis, not from offsets of the consumer group.
    func assign(_ partitions: [TopicPartition], over link: any PostingLink) async throws {
        // The consumer is connected by now, so that it knows the id of the cluster.
        if let cluster = try consumer.clusterId(timeoutMilliseconds: 5_000) {
            try await Admission.checkCluster(cluster, link, settings.ledger.keys)
        }
        let starts = try await Cursors.starts(
            of: partitions,
            over: link,
            keys: settings.ledger.keys,
            catalogTopics: settings.topics.catalog
        )
        try await StoppedPartitions.clear(partitions, over: link, keys: settings.ledger.keys)
        // There is no await after this line: the assignment takes effect as a whole, or again on the next connection.
        reportLoss(starts)
        // The worker that had the partitions before may have left backfills.
        backfills.lookForJobs()
        positions = starts
        applied = starts.mapValues { $0.next ?? 0 }
        caughtUp = []
        unreported = [:]
        owing = Set(partitions)
        try consumer.assign(positions)
    }

    /// Logs when cursors in Redis are lower than they were: Redis has lost its newest data.
    private func reportLoss(_ starts: [TopicPartition: StartPosition]) {
        let lost = applied.reduce(Int64(0)) { $0 + max(0, $1.value - (starts[$1.key]?.next ?? 0)) }
        if lost == 0 { return }
        counters.rewinds.add(1, ordering: .relaxed)
        logger.warning(
            "Redis has lost its newest changes: their records are applied again",
            metadata: ["records": "\(lost)"]
        )
    }

    /// Writes the stopped partitions to Redis, where servers and `status` read them.
    func reportStopped(over link: any PostingLink) async throws {
        for (partition, fault) in unreported {
            let now = Int64(Date().timeIntervalSince1970)
            try await StoppedPartitions.note(
                partition,
                fault.advice,
                at: now,
                over: link,
                keys: settings.ledger.keys
            )
            unreported[partition] = nil
        }
    }
}

// Applying targets and people, and writing dead letters.
extension Lane {
    func apply(_ read: CatalogRead, over link: any PostingLink) async throws {
        try writeDeadLetters(read.deadLetters)
        let batch = CatalogBatch(read.changes, ranges: read.ranges, settings: settings.ledger)
        while try await batch.apply(over: link, to: catalogs.view) == .lostRace {
            counters.lostRaces.add(1, ordering: .relaxed)
        }
        noteApplied(read.ranges)
        owing.formUnion(read.ranges.map(\.partition))
        try await refreshCatalogs(from: link)
        backfills.lookForJobs()
    }

    /// Writes dead letters, and tries again until Kafka has stored them: the cursor must not pass a record that cannot
    /// be applied before its dead letter is written.
    func writeDeadLetters(_ all: [RefusedRecord]) throws {
        let refused = all.filter { $0.record.offset >= settings.deadLettersFrom[$0.record.topicPartition] ?? 0 }
        if refused.isEmpty { return }
        while true {
            do {
                try dependencies.writeDeadLetters(refused)
                break
            } catch let error as LogError where error.isRetriable && !stop.isSet {
                logger.warning("the dead-letter topic is unavailable, trying again", metadata: ["error": "\(error)"])
            }
        }
        counters.deadLetters.add(refused.count, ordering: .relaxed)
        for refusal in refused {
            logger.warning(
                "a record was written to the dead-letter topic",
                metadata: [
                    "topic": "\(refusal.record.topic)", "partition": "\(refusal.record.partition)",
                    "offset": "\(refusal.record.offset)", "reason": "\(refusal.error)",
                ]
            )
        }
    }
}
