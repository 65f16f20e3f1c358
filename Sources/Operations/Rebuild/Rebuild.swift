package import Concurrency
internal import Events
internal import Ledger
package import Log
package import Redis

/// Builds the view anew from the log, in a database beside the one that is there, and lets it take its place in one
/// step. Who reads sees the old view until then, and workers may go on with it meanwhile.
///
/// Interrupted at any moment, it leaves the old view as it was, and the new one to be gone on with: it has its cursors.
package struct Rebuild: Sendable {
    private let settings: OperationsSettings
    private let acceptsDeleted: Bool
    private let applier: any LogApplier
    private let stop = StopFlag()

    /// How long the old view is held while the last records are applied to the new one.
    private static let holdTime = Duration.seconds(10)
    /// When catching up takes no longer than this, the old view is held and the last step taken.
    private static let shortPass = Duration.seconds(2)

    /// - Parameters:
    ///   - settings: those of the new view; others than the old one's are allowed.
    ///   - acceptsDeleted: whether a log that has lost its beginning is accepted.
    ///   - applier: fills the new view.
    package init(_ settings: OperationsSettings, acceptsDeleted: Bool, applier: any LogApplier) {
        self.settings = settings
        self.acceptsDeleted = acceptsDeleted
        self.applier = applier
    }

    /// Ends it as soon as may be; ``run(_:progress:)`` then throws `CancellationError`.
    package func cancel() { stop.set() }

    /// Carries out a plan.
    /// - Parameter progress: called about ten times a second with the records applied.
    package func run(_ plan: RebuildPlan, progress: @escaping @Sendable (Int) -> Void) async throws {
        let old = try await RedisConnection.connect(to: settings.redis)
        defer { old.closeNow() }
        let new = try await RedisConnection.connect(to: beside(plan))
        defer { new.closeNow() }
        try await begin(plan, over: new)
        var applied = 0
        for _ in 0..<20 {
            // Most of it, and then what came meanwhile, until little is left.
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
                database: plan.beside,
                with: plan.place,
                held: held,
                keys: settings.ledger.keys
            )
            if isSwapped { return }
        }
        throw RebuildError.neverCaughtUp
    }

    private func beside(_ plan: RebuildPlan) -> RedisEndpoint {
        var redis = settings.redis
        redis.database = plan.beside
        return redis
    }

    /// Empties the database, unless what is there is gone on with, and marks it.
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
            // As if what is deleted had been read.
            let cursor = Cursor(next: low, last: .init(offset: low - 1, checksum: 0))
            for shard in 0..<keys.shards {
                pipeline.append(RedisCommand("SET", keys.cursor(partition, shard: shard), cursor.encoded))
            }
        }
        for reply in try await new.replies(to: pipeline) { try reply.checked() }
    }

    /// - Returns: all records applied by now.
    private func apply(
        _ ends: [TopicPartition: Int64],
        _ plan: RebuildPlan,
        before: Int,
        _ progress: @escaping @Sendable (Int) -> Void
    ) async throws -> Int {
        let count = try await applier.apply(
            upTo: ends,
            to: beside(plan),
            deadLettersFrom: plan.deadLettersFrom,
            stop: stop
        ) { progress(before + $0) }
        if stop.isSet { throw CancellationError() }
        return before + count
    }
}

/// Applies the log to a Redis as a worker does.
package protocol LogApplier: Sendable {
    /// Applies each partition up to this offset.
    /// - Parameters:
    ///   - deadLettersFrom: from which offset on records that cannot be applied are written to the dead letters.
    ///   - stop: ends it early, without an error.
    ///   - progress: called about ten times a second with the records applied.
    /// - Returns: how many records were applied.
    func apply(
        upTo ends: [TopicPartition: Int64],
        to redis: RedisEndpoint,
        deadLettersFrom: [TopicPartition: Int64],
        stop: StopFlag,
        progress: @escaping @Sendable (Int) -> Void
    ) async throws -> Int
}
