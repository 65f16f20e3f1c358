internal import Events
internal import Kafka
internal import Ledger
internal import Logging
internal import Redis
internal import SalesTargets
internal import Synchronization

/// A thread with its own consumer, Redis connection and partitions: consumes, derives, diffs, posts.
actor Lane {
    private let settings: WorkerSettings
    private let mode: Mode
    private let counters: WorkerCounters
    private let stop: StopFlag
    private let logger: Logger
    private let thread: LaneThread
    private let consumer: KafkaConsumer
    private let deadLetterBox: DeadLetterBox
    private let topicsByName: [String: Topic]

    private var catalogs = Catalogs()
    /// The offset that reading of each partition goes on from.
    private var positions: [LogPartition: Int64] = [:]
    private var caughtUp: Set<LogPartition> = []
    private var halted: Set<LogPartition> = []
    private var rebalance: Rebalance?
    private var counting = CountingQueue()

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// Where the lane's partitions come from.
    enum Mode: Sendable {
        /// The consumer group shares them out, for as long as the lane runs.
        case group
        /// These, up to the given ends, and then it is done.
        case upTo([LogPartition: Int64])
    }

    private enum Rebalance {
        case assigned([LogPartition])
        case revoked
    }

    init(
        index: Int,
        settings: WorkerSettings,
        mode: Mode,
        producer: KafkaProducer,
        counters: WorkerCounters,
        stop: StopFlag,
        logger: Logger
    ) throws {
        self.settings = settings
        self.mode = mode
        self.counters = counters
        self.stop = stop
        var logger = logger
        logger[metadataKey: "lane"] = "\(index)"
        self.logger = logger
        var kafka = settings.kafka
        if let instance = kafka.properties["group.instance.id"] {
            kafka.properties["group.instance.id"] = "\(instance)-\(index)"
        }
        consumer = try KafkaConsumer(kafka, group: settings.group)
        deadLetterBox = DeadLetterBox(producer: producer, topic: settings.topics.deadLetters)
        topicsByName = settings.topics.byName
        thread = LaneThread(name: "lane \(index)")
    }

    /// Runs until it is told to stop, has applied what it was given, or cannot go on.
    /// - Throws: what a person has to look at; what passes by itself is waited for.
    func run() async throws {
        defer {
            consumer.close(timeoutMilliseconds: 5_000)
            thread.finish()
        }
        switch mode {
        case .group: try consumer.subscribe(to: Array(topicsByName.keys))
        case .upTo(let ends): rebalance = .assigned(Array(ends.keys))
        }
        var backoff = Backoff()
        while !isDone {
            do {
                let connection = try await connect()
                backoff.reset()
                defer { connection.closeNow() }
                try await serve(over: connection)
            } catch let error as LedgerError where error.isPassing {
                counters.reconnects.add(1, ordering: .relaxed)
                logger.warning("Redis is not to be had, trying again", metadata: ["error": "\(error)"])
                await backoff.wait(unless: stop)
            }
        }
    }

    private var isDone: Bool {
        if stop.isSet { return true }
        guard case .upTo(let ends) = mode, rebalance == nil else { return false }
        return ends.allSatisfy { partition, end in
            halted.contains(partition) || caughtUp.contains(partition) || positions[partition] ?? 0 >= end
        }
    }

    private func connect() async throws -> RedisConnection {
        do {
            let connection = try await RedisConnection.connect(to: settings.redis)
            try await LedgerDoor.check(connection)
            return connection
        } catch let error as RedisError {
            throw LedgerError.redis(error)
        }
    }

    /// Applies what comes, over one connection.
    private func serve(over connection: RedisConnection) async throws {
        try await refreshCatalogs(from: connection)
        if !positions.isEmpty { try await assign(Array(positions.keys), over: connection) }
        var pipeline = Pipeline(connection: connection, settings: settings.ledger)
        var catalogUnit: CatalogUnit?
        while true {
            let wantsQuiet = rebalance != nil || catalogUnit != nil || (countsEarlierOrders && counting.isDue)
            if !wantsQuiet, !isDone {
                let batch = try collect(waiting: pipeline.isIdle && (counting.isEmpty || !countsEarlierOrders))
                counters.records.add(batch.count, ordering: .relaxed)
                catalogUnit = batch.catalogUnit()
                pipeline.append(batch.units())
            }
            if !pipeline.isIdle {
                try await turn(&pipeline, over: connection)
                continue
            }
            if let unit = catalogUnit {
                try await apply(unit, over: connection)
                catalogUnit = nil
            } else if let change = rebalance {
                try await follow(change, over: connection)
                // Not before: when Redis is away just now, it has to be followed on the next connection.
                rebalance = nil
            } else if isDone {
                return
            } else if countsEarlierOrders {
                try await count(over: connection)
            }
        }
    }

    private func turn(_ pipeline: inout Pipeline, over connection: RedisConnection) async throws {
        let (turn, lostRaces) = try pipeline.turn(catalogs: catalogs, putAside: putAside)
        if lostRaces > 0 { counters.lostRaces.add(lostRaces, ordering: .relaxed) }
        switch turn {
        case .underWay: break
        case .applied(let unit):
            counters.postings.add(1, ordering: .relaxed)
            counting.noteApplied()
            if unit.isLast { commit(unit.stretches) }
        case .needsCatalog: try await refreshCatalogs(from: connection)
        case .needsRewind:
            counters.rewinds.add(1, ordering: .relaxed)
            logger.warning("Redis is at an earlier point of the log than was read: going back to it")
            pipeline = Pipeline(connection: connection, settings: settings.ledger)
            try await refreshCatalogs(from: connection)
            try await assign(Array(positions.keys), over: connection)
        }
    }

    private func refreshCatalogs(from connection: RedisConnection) async throws(LedgerError) {
        var catalogs = self.catalogs
        self.catalogs = Catalogs()
        try await catalogs.refresh(from: connection, keys: settings.ledger.keys)
        self.catalogs = catalogs
    }

    /// The lane that has this partition counts earlier orders into new targets.
    private var countsEarlierOrders: Bool {
        positions.keys.contains(LogPartition(topic: settings.topics[.targets], partition: 0))
    }

    private func count(over connection: RedisConnection) async throws {
        var counting = self.counting
        defer { self.counting = counting }
        do {
            try await counting.step(on: connection, settings: settings.ledger, catalogs: catalogs)
        } catch LedgerError.catalogMoved {
            let known = catalogs.revision
            try await refreshCatalogs(from: connection)
            // Where nothing moved, the pass is for a target that Redis lost.
            if catalogs.revision == known { counting = CountingQueue() }
        }
    }
}

extension Lane {
    /// Reads what is there, up to a batch.
    /// - Parameter waiting: whether to wait for a first record.
    private func collect(waiting: Bool) throws -> Batch {
        var batch = Batch(decoder: EventDecoder(settings.events), keys: settings.ledger.keys)
        defer { for (partition, next) in batch.positions { positions[partition] = next } }
        while batch.count < settings.batchSize {
            let wait: Int32 = waiting && batch.count == 0 ? 100 : 0
            guard let event = try poll(waiting: wait) else { return batch }
            switch event {
            case .record(let record):
                batch.append(record) { partition in
                    guard let topic = topicsByName[partition.topic], let from = positions[partition] else { return nil }
                    return (topic, from)
                }
            case .assigned(let partitions):
                rebalance = .assigned(partitions.map { LogPartition(topic: $0.topic, partition: $0.partition) })
                return batch
            case .revoked(_, let isLost):
                logger.info("partitions were taken away", metadata: ["lost": "\(isLost)"])
                rebalance = .revoked
                return batch
            case .caughtUp(let partition):
                caughtUp.insert(LogPartition(topic: partition.topic, partition: partition.partition))
                if batch.count == 0, case .upTo = mode { return batch }
            case .halted(let partition, let fault):
                halted.insert(LogPartition(topic: partition.topic, partition: partition.partition))
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

    /// What a broker refuses about a topic or the group may be granted later: a topic can still be created.
    private func poll(waiting: Int32) throws -> KafkaConsumer.Event? {
        do throws(KafkaError) {
            return try consumer.poll(timeoutMilliseconds: waiting)
        } catch {
            if case .group = mode, !error.isFatal {
                logger.warning("Kafka refuses, trying again", metadata: ["error": "\(error)"])
                return nil
            }
            throw error
        }
    }

    private func follow(_ change: Rebalance, over connection: RedisConnection) async throws {
        switch change {
        case .assigned(let partitions):
            logger.info("partitions were assigned", metadata: ["partitions": "\(partitions.count)"])
            try await assign(partitions, over: connection)
        case .revoked:
            positions = [:]
            try consumer.unassign()
        }
    }

    /// Starts reading the partitions from their cursors: the group decides who reads, the cursor from where.
    private func assign(_ partitions: [LogPartition], over connection: RedisConnection) async throws {
        let cursors = try await Cursors.lowest(
            of: partitions,
            over: connection,
            keys: settings.ledger.keys,
            catalogTopics: settings.topics.catalog
        )
        // From the beginning, and after the cursors: where Redis lost its tail, another catalog may have reached the
        // revision of the one that was lost.
        catalogs = Catalogs()
        try await refreshCatalogs(from: connection)
        // Whoever had them before may have left earlier orders to be counted in.
        counting.lookForJobs()
        var starts: [TopicPartition: StartPosition] = [:]
        positions = [:]
        caughtUp = []
        halted = []
        for partition in partitions {
            let cursor = cursors[partition]
            positions[partition] = cursor?.next ?? 0
            starts[TopicPartition(topic: partition.topic, partition: partition.partition)] = StartPosition(
                next: cursor?.next,
                lastApplied: cursor.map { Fingerprint(offset: $0.last.offset, checksum: $0.last.checksum) }
            )
        }
        try consumer.assign(starts)
    }

    private func apply(_ unit: CatalogUnit, over connection: RedisConnection) async throws {
        try putAside(unit.deadLetters)
        while try await unit.apply(over: connection, settings: settings.ledger) == .lostRace {
            counters.lostRaces.add(1, ordering: .relaxed)
        }
        counters.postings.add(1, ordering: .relaxed)
        commit(unit.stretches)
        try await refreshCatalogs(from: connection)
        counting.lookForJobs()
    }

    private func commit(_ stretches: [WorkUnit.Stretch]) {
        guard case .group = mode else { return }
        let offsets = stretches.map {
            (TopicPartition(topic: $0.partition.topic, partition: $0.partition.partition), $0.cursor.next)
        }
        consumer.commit(Dictionary(offsets, uniquingKeysWith: max))
    }

    /// Waits for the broker for as long as it takes: a record is put aside before its cursor moves, or not at all.
    private func putAside(_ refused: [RefusedRecord]) throws {
        if refused.isEmpty { return }
        while true {
            do throws(KafkaError) {
                try deadLetterBox.put(refused)
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
