internal import Events
internal import Kafka
internal import Ledger
internal import Logging
internal import SalesRules
internal import Synchronization

extension Lane {
    /// Reads what is there, up to a batch.
    /// - Parameter waiting: whether to wait for a first record.
    func collect(waiting: Bool) async throws -> Batch {
        var batch = try await read(waiting: waiting)
        batch.close()
        for (partition, position) in batch.positions { positions[partition] = position }
        return batch
    }

    private func read(waiting: Bool) async throws -> Batch {
        var batch = Batch(decoder: EventDecoder(settings.events), keys: settings.ledger.keys)
        while batch.count < settings.batchSize {
            let wait: Int32 = waiting && batch.count == 0 ? 100 : 0
            guard let event = try await poll(waiting: wait) else { return batch }
            switch event {
            case .record(let record): batch.append(record, start: start(of:))
            case .assigned(let partitions):
                rebalance = .assigned(partitions.map { LogPartition(topic: $0.topic, partition: $0.partition) })
                return batch
            case .revoked(_, let isLost):
                logger.info("partitions were taken away", metadata: ["lost": "\(isLost)"])
                rebalance = .revoked
                return batch
            case .caughtUp(let partition, let next):
                let name = LogPartition(topic: partition.topic, partition: partition.partition)
                caughtUp.insert(name)
                batch.reach(next, of: name, start: start(of:))
                if batch.count == 0, case .upTo = mode { return batch }
            case .halted(let partition, let fault):
                let name = LogPartition(topic: partition.topic, partition: partition.partition)
                halted.insert(name)
                untold[name] = fault
                logger.critical("\(partition) is stopped: \(fault)")
                if case .upTo = mode { throw fault }
            case .disconnected(let error):
                logger.warning("Kafka is not to be had, trying again", metadata: ["error": "\(error)"])
            case .failed(let error):
                throw error
            }
        }
        return batch
    }

    private func start(of partition: LogPartition) -> Batch.Start? {
        guard let topic = topicsByName[partition.topic], let position = positions[partition] else { return nil }
        return Batch.Start(topic: topic, position: position)
    }

    /// What a broker refuses about a topic or the group may be granted later: a topic can still be created.
    private func poll(waiting: Int32) async throws -> KafkaConsumer.Event? {
        do throws(KafkaError) {
            return try await log.poll(timeoutMilliseconds: waiting)
        } catch {
            if case .group = mode, !error.isFatal {
                logger.warning("Kafka refuses, trying again", metadata: ["error": "\(error)"])
                return nil
            }
            throw error
        }
    }

    func follow(_ change: Rebalance, over connection: any PostingLink) async throws {
        switch change {
        case .assigned(let partitions):
            logger.info("partitions were assigned", metadata: ["partitions": "\(partitions.count)"])
            applied = [:]
            try await assign(partitions, over: connection)
        case .revoked:
            positions = [:]
            applied = [:]
            try log.unassign()
        }
    }

    /// Starts reading the partitions from their cursors: the group decides who reads, the cursor from where.
    func assign(_ partitions: [LogPartition], over connection: any PostingLink) async throws {
        // Kafka is connected to now, so it knows.
        if let cluster = try log.clusterId(timeoutMilliseconds: 5_000) {
            try await LedgerDoor.checkCluster(cluster, connection, settings.ledger.keys)
        }
        let cursors = try await Cursors.lowest(
            of: partitions,
            over: connection,
            keys: settings.ledger.keys,
            catalogTopics: settings.topics.catalog
        )
        try await StoppedPartitions.clear(partitions, over: connection, keys: settings.ledger.keys)
        // Nothing is waited for from here on: an assignment is taken up as a whole, or on the next connection.
        noteLoss(cursors)
        // Whoever had them before may have left earlier orders to be counted in.
        counting.lookForJobs()
        positions = [:]
        applied = [:]
        caughtUp = []
        halted = []
        untold = [:]
        var starts: [TopicPartition: StartPosition] = [:]
        for partition in partitions {
            let cursor = cursors[partition]
            positions[partition] = cursor.map { Batch.Position($0) } ?? Batch.Position()
            applied[partition] = cursor?.next ?? 0
            starts[TopicPartition(topic: partition.topic, partition: partition.partition)] = StartPosition(
                // Also where nothing was applied: a log whose beginning is gone has lost events.
                next: cursor?.next ?? 0,
                lastApplied: cursor.map { Fingerprint(offset: $0.last.offset, checksum: $0.last.checksum) }
            )
        }
        try log.assign(starts)
    }

    /// Says so when Redis came back older than it was.
    private func noteLoss(_ cursors: [LogPartition: Cursor]) {
        let lost = applied.reduce(Int64(0)) { $0 + max(0, $1.value - (cursors[$1.key]?.next ?? 0)) }
        if lost == 0 { return }
        counters.rewinds.add(1, ordering: .relaxed)
        logger.warning(
            "Redis is at an earlier point of the log than before: what it lost is applied again",
            metadata: ["records": "\(lost)"]
        )
    }

    func apply(_ unit: CatalogUnit, over connection: any PostingLink) async throws {
        try putAside(unit.deadLetters)
        while try await unit.apply(over: connection, to: catalogs.view, settings: settings.ledger) == .lostRace {
            counters.lostRaces.add(1, ordering: .relaxed)
        }
        noteApplied(unit.stretches)
        try await refreshCatalogs(from: connection)
        counting.lookForJobs()
    }

    func commit(_ stretches: [WorkUnit.Stretch]) {
        guard case .group = mode else { return }
        let offsets = stretches.map {
            (TopicPartition(topic: $0.partition.topic, partition: $0.partition.partition), $0.cursor.next)
        }
        log.commit(Dictionary(offsets, uniquingKeysWith: max))
    }

    /// Waits for the broker for as long as it takes: a record is put aside before its cursor moves, or not at all.
    func putAside(_ all: [RefusedRecord]) throws {
        let refused = all.filter { $0.record.offset >= settings.deadLettersFrom[LogPartition($0.record)] ?? 0 }
        if refused.isEmpty { return }
        while true {
            do throws(KafkaError) {
                try surroundings.putAside(refused)
                break
            } catch {
                guard error.isRetriable, !stop.isSet else { throw error }
                logger.warning("the dead letters' topic is not to be had", metadata: ["error": "\(error)"])
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
