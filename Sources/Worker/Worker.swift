internal import Events
internal import Kafka
internal import Ledger
package import Logging
internal import Redis
internal import SalesTargets

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
        let ends = try await LogEnds.read(of: settings.topics, from: settings.kafka)
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
                let lane = try Lane(
                    index: index,
                    settings: settings,
                    mode: mode,
                    producer: producer,
                    counters: counters,
                    stop: stop,
                    logger: logger
                )
                group.addTask { try await lane.run() }
            }
            try await withTaskCancellationHandler {
                while let _ = try await group.next() {}
            } onCancel: {
                stop.set()
            }
        }
    }

    private func countEarlierOrders() async throws {
        let connection = try await RedisConnection.connect(to: settings.redis)
        defer { connection.closeNow() }
        var catalogs = Catalogs()
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
