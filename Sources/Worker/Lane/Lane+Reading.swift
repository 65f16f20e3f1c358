internal import Concurrency
internal import Events
internal import Foundation
internal import Ledger
internal import Log
internal import Logging
internal import SalesRules
internal import Synchronization

// What a lane reads from the log, and which partitions.
extension Lane {
    /// Reads the records that are available, up to a batch.
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
            let wait: Int32 = waiting && batch.count == 0 ? 100 : 0
            guard let event = try await poll(waiting: wait) else { return batch }
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
                stopped.insert(partition)
                unreported[partition] = fault
                logger.critical("\(partition) is stopped: \(fault.advice)")
                if case .upTo = mode { throw LogStopped(partition: partition, fault: fault) }
            case .disconnected(let error):
                logger.warning("the log is unavailable, trying again", metadata: ["error": "\(error)"])
            case .failed(let error):
                throw error
            }
        }
        return batch
    }

    private func start(of partition: TopicPartition) -> RecordBatch.Start? {
        guard let topic = topicsByName[partition.topic], let position = positions[partition] else { return nil }
        return RecordBatch.Start(topic: topic, position: position)
    }

    /// What a broker refuses about a topic or the group may be allowed later: a topic can still be created.
    private func poll(waiting: Int32) async throws -> ConsumerEvent? {
        do throws(LogError) {
            return try await consumer.poll(timeoutMilliseconds: waiting)
        } catch {
            if case .group = mode, !error.isFatal {
                logger.warning("the log refuses to be read, trying again", metadata: ["error": "\(error)"])
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

    /// Starts reading the partitions from their cursors: the group decides who reads, the cursor from where.
    func assign(_ partitions: [TopicPartition], over link: any PostingLink) async throws {
        // The consumer is connected now, so it knows the cluster.
        if let cluster = try consumer.clusterId(timeoutMilliseconds: 5_000) {
            try await Admission.checkCluster(cluster, link, settings.ledger.keys)
        }
        let cursors = try await Cursors.lowest(
            of: partitions,
            over: link,
            keys: settings.ledger.keys,
            catalogTopics: settings.topics.catalog
        )
        try await StoppedPartitions.clear(partitions, over: link, keys: settings.ledger.keys)
        // No await from here on: an assignment is followed as a whole, or on the next connection.
        reportLoss(cursors)
        // The worker that had the partitions before may have left backfills.
        backfills.lookForJobs()
        positions = [:]
        applied = [:]
        caughtUp = []
        stopped = []
        unreported = [:]
        for partition in partitions {
            // Where nothing was applied, too: a log that has lost its beginning has lost events.
            positions[partition] = cursors[partition].map { .after($0) } ?? .offset(0)
            applied[partition] = cursors[partition]?.next ?? 0
        }
        try consumer.assign(positions)
    }

    /// Logs that Redis came back older than it was.
    private func reportLoss(_ cursors: [TopicPartition: Cursor]) {
        let lost = applied.reduce(Int64(0)) { $0 + max(0, $1.value - (cursors[$1.key]?.next ?? 0)) }
        if lost == 0 { return }
        counters.rewinds.add(1, ordering: .relaxed)
        logger.warning(
            "Redis has lost what was applied last: those records are applied again",
            metadata: ["records": "\(lost)"]
        )
    }

    /// Notes stopped partitions in Redis, where servers and `status` see them.
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

// What a lane applies besides order batches.
extension Lane {
    func apply(_ read: CatalogRead, over link: any PostingLink) async throws {
        try writeDeadLetters(read.deadLetters)
        let batch = CatalogBatch(read.changes, ranges: read.ranges, settings: settings.ledger)
        while try await batch.apply(over: link, to: catalogs.view) == .lostRace {
            counters.lostRaces.add(1, ordering: .relaxed)
        }
        noteApplied(read.ranges)
        try await refreshCatalogs(from: link)
        backfills.lookForJobs()
    }

    /// Waits for the log as long as it takes: a record is a dead letter before its cursor moves, or not at all.
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
        for letter in refused {
            logger.warning(
                "a record is a dead letter",
                metadata: [
                    "topic": "\(letter.record.topic)", "partition": "\(letter.record.partition)",
                    "offset": "\(letter.record.offset)", "reason": "\(letter.error)",
                ]
            )
        }
    }
}
