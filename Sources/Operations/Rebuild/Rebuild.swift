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
        try await begin(plan, over: new, old)
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

    /// Marks the new database as a rebuild's, and prepares it.
    private func begin(_ plan: RebuildPlan, over new: RedisConnection, _ old: RedisConnection) async throws {
        if !plan.withoutBeginning.isEmpty, !acceptsDeleted {
            throw RebuildError.beginningDeleted(
                plan.withoutBeginning.map { "\($0.key.topic)[\($0.key.partition)] begins at \($0.value)" }.sorted()
            )
        }
        let keys = settings.ledger.keys
        try await mark(plan, new, old)
        // A server or a proxy that ignores SELECT shows the mark beside the view in place.
        let seen = try await old.replies(to: RedisPipeline(RedisCommand("EXISTS", keys.rebuild)))[0]
        if try seen.requireInteger() != 0 {
            if !plan.resumes { _ = try await new.replies(to: RedisPipeline(RedisCommand("DEL", keys.rebuild))) }
            throw RebuildError.sameDatabase
        }
        var pipeline = RedisPipeline()
        for (partition, low) in plan.withoutBeginning {
            // The cursor starts after the deleted records, as if they had been applied.
            let cursor = Cursor(next: low, last: .init(offset: low - 1, checksum: 0))
            for shard in 0..<keys.shards {
                pipeline.append(RedisCommand("SET", keys.cursor(partition, shard: shard), cursor.encoded))
            }
        }
        if pipeline.isEmpty { return }
        for reply in try await new.replies(to: pipeline) { try reply.checked() }
    }

    /// Marks the new database, and first empties it unless the plan continues. Only a database with the mark of a rebuild is
    /// emptied, and what another program wrote since the plan was made is not touched.
    private func mark(_ plan: RebuildPlan, _ new: RedisConnection, _ old: RedisConnection) async throws {
        let name = settings.ledger.keys.rebuild
        let state = try await new.replies(
            to: RedisPipeline(RedisCommand("WATCH", name), RedisCommand("GET", name), RedisCommand("DBSIZE"))
        )
        let isMarked = !(try state[1].checked().isNull)
        let isEmpty = try state[2].requireInteger() == 0
        // What was interrupted and is to be continued may have been finished or dropped meanwhile.
        guard isMarked || (isEmpty && !plan.resumes) else {
            let some = try await new.replies(to: RedisPipeline(RedisCommand("UNWATCH"), RedisCommand("RANDOMKEY")))[1]
            var look = RedisCommand("EXISTS")
            look.append(try some.requireBytes())
            let both = try await old.replies(to: RedisPipeline(look, RedisCommand("DBSIZE")))
            if both[0] == .integer(1), both[1] == state[2] { throw RebuildError.sameDatabase }
            throw RebuildError.databaseInUse(plan.newDatabase)
        }
        var marking = RedisPipeline(RedisCommand("MULTI"))
        if isMarked, !plan.resumes { marking.append(RedisCommand("FLUSHDB")) }
        marking.append(RedisCommand("SET", name, settings.ledger.text))
        marking.append(RedisCommand("EXEC"))
        guard try Posting.outcome(of: try await new.replies(to: marking)) == .applied else {
            throw RebuildError.databaseInUse(plan.newDatabase)
        }
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
