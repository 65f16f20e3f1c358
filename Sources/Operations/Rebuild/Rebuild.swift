package import Concurrency
internal import Events
internal import Ledger
package import Log
package import Redis

/// Builds a new view from the log in another database of the same Redis, and then swaps the two databases in one step.
/// Until then readers see the old view, and workers continue with it.
///
/// An interruption does not change the old view. The new view has its own cursors, so the next rebuild can continue it.
package struct Rebuild: Sendable {
    private let settings: OperationsSettings
    private let acceptsDeleted: Bool
    private let applier: any LogApplier
    private let stop = StopFlag()

    /// How long nothing can be posted to the old view while the last records are applied to the new one.
    private static let holdTime = Duration.seconds(10)
    /// If one pass over the new records takes no longer than this, the old view is held for the last pass and the swap.
    private static let shortPass = Duration.seconds(2)

    /// - Parameters:
    ///   - settings: the settings of the new view; they may differ from those of the old view.
    ///   - acceptsDeleted: whether to build although the log has lost its beginning.
    ///   - applier: applies the log to the new view.
    package init(_ settings: OperationsSettings, acceptsDeleted: Bool, applier: any LogApplier) {
        self.settings = settings
        self.acceptsDeleted = acceptsDeleted
        self.applier = applier
    }

    /// Ends the rebuild soon; ``run(_:progress:)`` then throws `CancellationError`.
    package func cancel() { stop.set() }

    /// Carries out a plan.
    /// - Parameter progress: called about ten times a second with the number of records applied so far.
    package func run(_ plan: RebuildPlan, progress: @escaping @Sendable (Int) -> Void) async throws {
        let old = try await RedisConnection.connect(to: settings.redis)
        defer { old.closeNow() }
        let new = try await RedisConnection.connect(to: newEndpoint(plan))
        defer { new.closeNow() }
        try await begin(plan, over: new)
        var applied = 0
        for _ in 0..<20 {
            // The first pass applies most of the log. Each later one applies the records that arrived meanwhile.
            var took: Duration
            var ends = plan.ends
            repeat {
                let start = ContinuousClock.now
                applied = try await apply(ends, plan, before: applied, progress)
                took = start.duration(to: .now)
                ends = try await RebuildSurvey(settings).ends(old, shards: plan.heldShards).ends
            } while took > Self.shortPass
            let held = KeySpace(shards: plan.heldShards)
            try await ViewSwap.hold(old, held, for: Self.holdTime)
            ends = try await RebuildSurvey(settings).ends(old, shards: plan.heldShards).ends
            applied = try await apply(ends, plan, before: applied, progress)
            let isSwapped = try await ViewSwap.swap(
                new,
                database: plan.newDatabase,
                with: plan.database,
                held: held,
                keys: settings.ledger.keys
            )
            if isSwapped { return }
        }
        throw RebuildError.neverCaughtUp
    }

    private func newEndpoint(_ plan: RebuildPlan) -> RedisEndpoint {
        var redis = settings.redis
        redis.database = plan.newDatabase
        return redis
    }

    /// Marks the database as a rebuild, and first empties it unless the plan continues an interrupted rebuild.
    private func begin(_ plan: RebuildPlan, over new: RedisConnection) async throws {
        if !plan.withoutBeginning.isEmpty, !acceptsDeleted {
            throw RebuildError.beginningDeleted(
                plan.withoutBeginning.map { "\($0.key.topic)[\($0.key.partition)] begins at \($0.value)" }.sorted()
            )
        }
        let keys = settings.ledger.keys
        var pipeline = RedisPipeline()
        if !plan.resumes { pipeline.append(RedisCommand("FLUSHDB")) }
        pipeline.append(RedisCommand("SET", keys.rebuild, settings.ledger.text))
        for (partition, low) in plan.withoutBeginning {
            // The cursor starts after the deleted records, as if they had been applied.
            let cursor = Cursor(next: low, last: .init(offset: low - 1, checksum: 0), newest: -1)
            for shard in 0..<keys.shards {
                pipeline.append(RedisCommand("SET", keys.cursor(partition, shard: shard), cursor.encoded))
            }
        }
        for reply in try await new.replies(to: pipeline) { try reply.checked() }
    }

    /// - Parameter before: the records applied by earlier passes.
    /// - Returns: the records applied so far, by all passes.
    private func apply(
        _ ends: [TopicPartition: Int64],
        _ plan: RebuildPlan,
        before: Int,
        _ progress: @escaping @Sendable (Int) -> Void
    ) async throws -> Int {
        let count = try await applier.apply(
            upTo: ends,
            to: newEndpoint(plan),
            deadLettersFrom: plan.deadLettersFrom,
            stop: stop
        ) { progress(before + $0) }
        if stop.isSet { throw CancellationError() }
        return before + count
    }
}

/// Applies the log to a Redis in the same way as a worker.
package protocol LogApplier: Sendable {
    /// Applies each partition up to its end in `ends`.
    /// - Parameters:
    ///   - deadLettersFrom: the first offset at which a record that cannot be applied is written to the dead-letter topic.
    ///   - stop: ends the call early, without an error.
    ///   - progress: called about ten times a second with the number of records applied.
    /// - Returns: the number of records applied.
    func apply(
        upTo ends: [TopicPartition: Int64],
        to redis: RedisEndpoint,
        deadLettersFrom: [TopicPartition: Int64],
        stop: StopFlag,
        progress: @escaping @Sendable (Int) -> Void
    ) async throws -> Int
}
