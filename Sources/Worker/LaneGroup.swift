internal import Events
internal import Kafka
package import Ledger
package import Logging
internal import Redis
internal import SalesRules

/// Keeps the view in Redis up to date with the log.
package struct Worker: Sendable {
    private let settings: WorkerSettings
    private let logger: Logger
    private let stop = StopFlag()
    /// What it has done so far.
    package let counters = WorkerCounters()

    /// A worker that has not begun.
    package init(_ settings: WorkerSettings, logger: Logger) {
        self.settings = settings
        self.logger = logger
    }

    /// Lets the lanes finish what they have begun; ``run()`` then returns.
    package func shutDown() { stop.set() }

    /// Shares the partitions with the other workers of the group and applies what comes, until it is shut down.
    package func run() async throws {
        try await run(Array(repeating: .group, count: settings.lanes))
    }

    /// Applies what the topics hold now.
    package func runUntilCaughtUp() async throws {
        try await run(upTo: try await LogEnds.read(of: settings.topics, from: settings.kafka))
    }

    /// Applies each partition up to this offset, or as far as it goes, and counts earlier orders in.
    package func run(upTo ends: [LogPartition: Int64]) async throws {
        var shares: [[LogPartition: Int64]] = Array(repeating: [:], count: settings.lanes)
        for (partition, end) in ends { shares[Int(partition.partition) % settings.lanes][partition] = end }
        try await run(shares.filter { !$0.isEmpty }.map { .upTo($0) })
        if !stop.isSet { try await countEarlierOrders() }
    }

    private func run(_ modes: [Lane.Mode]) async throws {
        var kafka = settings.kafka
        // A record that is larger than any record may be has to fit into the dead letters, byte for byte.
        kafka.properties["message.max.bytes"] = kafka.properties["message.max.bytes"] ?? "10485760"
        let producer = try KafkaProducer(kafka)
        defer { producer.close(timeoutMilliseconds: 5_000) }
        // The lanes end with the group; the worker may have more to do after them.
        let stop = StopFlag(after: self.stop)
        try await withThrowingTaskGroup(of: Void.self) { group in
            // Whatever ends this group, a failed lane or a cancelled task, the lanes on their threads hear of it.
            defer { stop.set() }
            for (index, mode) in modes.enumerated() {
                let thread = LaneThread(name: "lane \(index)")
                let lane = try lane(index, mode, on: thread, deadLettersBy: producer, stop)
                group.addTask {
                    defer { thread.finish() }
                    try await lane.run()
                }
            }
            try await withTaskCancellationHandler {
                while let _ = try await group.next() {}
            } onCancel: {
                stop.set()
            }
        }
    }

    private func lane(
        _ index: Int,
        _ mode: Lane.Mode,
        on thread: LaneThread,
        deadLettersBy producer: KafkaProducer,
        _ stop: StopFlag
    ) throws -> Lane {
        var kafka = settings.kafka
        if let instance = kafka.properties["group.instance.id"] {
            kafka.properties["group.instance.id"] = "\(instance)-\(index)"
        }
        var logger = logger
        logger[metadataKey: "lane"] = "\(index)"
        let deadLetters = DeadLetterBox(producer: producer, topic: settings.topics.deadLetters)
        return Lane(
            settings: settings,
            mode: mode,
            executor: thread,
            log: try KafkaConsumer(kafka, group: settings.group),
            surroundings: LaneSurroundings(
                connect: { [redis = settings.redis] in
                    try await RedisConnection.connect(to: redis)
                },
                putAside: deadLetters.put,
                now: { .now },
                sleep: { try? await Task.sleep(for: $0) },
                random: { .random(in: $0) }
            ),
            counters: counters,
            stop: stop,
            logger: logger
        )
    }

    private func countEarlierOrders() async throws {
        let connection = try await RedisConnection.connect(to: settings.redis)
        defer { connection.closeNow() }
        var catalogs = Catalogs(view: try await LedgerDoor.enter(connection, settings.ledger))
        var counting = CountingQueue()
        while !counting.isEmpty, !stop.isSet {
            try await catalogs.refresh(from: connection, keys: settings.ledger.keys)
            do {
                try await counting.step(on: connection, settings: settings.ledger, catalogs: catalogs)
            } catch LedgerError.catalogMoved {
                continue
            }
        }
    }
}
