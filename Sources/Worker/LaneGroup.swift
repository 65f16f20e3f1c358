internal import Concurrency
internal import Events
internal import Ledger
package import Log
package import Logging
internal import Redis
internal import SalesRules

/// The lanes of a worker. They keep the view in Redis up to date with the log.
package struct LaneGroup: Sendable {
    private let settings: WorkerSettings
    private let logger: Logger
    private let stop = StopFlag()
    /// What the lanes have done since they started.
    package let counters = WorkerCounters()

    /// Lanes that are not running yet.
    package init(_ settings: WorkerSettings, logger: Logger) {
        self.settings = settings
        self.logger = logger
    }

    /// Asks the lanes to finish what they have begun and to stop; ``run()`` then returns.
    package func shutDown() { stop.set() }

    /// Applies records until it is shut down. The consumer group shares the partitions among all workers.
    package func run() async throws {
        try await run(Array(repeating: .group, count: settings.lanes))
    }

    /// Applies the records that the topics have now, and returns.
    package func runUntilCaughtUp() async throws {
        let ends = try await LogEnds.watermarks(of: settings.topics, in: settings.log).mapValues(\.high)
        try await run(upTo: ends)
    }

    /// Applies each partition up to this offset, or up to its end if that is lower, and finishes the backfills.
    package func run(upTo ends: [TopicPartition: Int64]) async throws {
        var shares: [[TopicPartition: Int64]] = Array(repeating: [:], count: settings.lanes)
        for (partition, end) in ends { shares[Int(partition.partition) % settings.lanes][partition] = end }
        try await run(shares.filter { !$0.isEmpty }.map { .upTo($0) })
        if !stop.isSet { try await finishBackfills() }
    }

    private func run(_ modes: [Lane.Mode]) async throws {
        try await settings.log.withProducer(for: .deadLetters, closingWithin: 5_000) { try await run(modes, $0) }
    }

    private func run(_ modes: [Lane.Mode], _ producer: any LogProducer) async throws {
        // This flag stops only the lanes of this run: backfills may follow.
        let stop = StopFlag(after: self.stop)
        try await withThrowingTaskGroup(of: Void.self) { group in
            // If a lane fails or the task is cancelled, the other lanes stop too.
            defer { stop.set() }
            for (index, mode) in modes.enumerated() {
                let consumer = try settings.log.consumer(group: settings.group, member: index)
                let thread = EventLoopThread()
                let lane = lane(index, mode, consumer, on: thread, deadLetters: producer, stop)
                group.addTask(executorPreference: thread) {
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
        _ consumer: sending any LogConsumer,
        on thread: EventLoopThread,
        deadLetters producer: any LogProducer,
        _ stop: StopFlag
    ) -> Lane {
        var logger = logger
        logger[metadataKey: "lane"] = "\(index)"
        let deadLetters = DeadLetterProducer(producer: producer, topic: settings.topics.deadLetters)
        return Lane(
            settings: settings,
            mode: mode,
            executor: thread,
            consumer: consumer,
            dependencies: LaneDependencies(
                connect: { [redis = settings.redis] in
                    SingleServer<any PostingLink>(try await thread.connect(to: redis))
                },
                writeDeadLetters: deadLetters.write,
                restate: { records in
                    let batch = producer.batch()
                    for record in records { try batch.append(record) }
                },
                now: { .now },
                sleep: { try? await Task.sleep(for: $0) },
                random: { .random(in: $0) }
            ),
            counters: counters,
            stop: stop,
            logger: logger
        )
    }

    private func finishBackfills() async throws {
        let connection = try await RedisConnection.connect(to: settings.redis)
        defer { connection.closeNow() }
        var catalogs = Catalogs(view: try await Admission.admit(connection, settings.ledger))
        var backfills = BackfillQueue(stepSize: settings.backfillStep)
        while !backfills.isEmpty, !stop.isSet {
            try await catalogs.refresh(from: connection, keys: settings.ledger.keys)
            do {
                try await backfills.step(on: connection, settings: settings.ledger, catalogs: catalogs)
            } catch LedgerError.catalogChanged {
                continue
            } catch LedgerError.partialPosting(let reason) {
                try await BrokenView.markPartialPosting(reason, over: connection, settings.ledger.keys)
                throw LedgerError.partialPosting(reason)
            }
        }
    }
}
