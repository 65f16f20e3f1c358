package import Redis
package import SalesRules

/// Counts earlier orders into a shared target that was created or changed. Each order that credits several of its
/// assignees is derived again, a few hundred at a time, with the same optimistic transaction as live postings.
///
/// Other orders need no backfill: their credits are already in the daily tallies of each person, from which the result
/// of a target is computed.
package struct Backfill {
    private let key: TenantScoped
    private let job: BackfillJob
    private let settings: LedgerSettings
    private let keys: KeySpace
    private let stepSize: Int
    private var days: SharedDays
    private var waiting: SharedDays.Orders?
    private var isPrepared = false
    private var hasFound = false
    /// What every shard must have noted of this backfill.
    private var progress: [BackfillProgress]

    /// The most orders that one step derives again, unless its caller says otherwise.
    package static let stepSize = 500

    /// The jobs to be done, by target.
    package static func jobs(
        in link: some RedisLink,
        keys: KeySpace
    ) async throws(LedgerError) -> [TenantScoped: BackfillJob] {
        try jobs(from: try await link.replies(to: RedisCommand("HGETALL", keys.backfills))[0])
    }

    /// Reads the jobs from a reply to HGETALL.
    package static func jobs(from reply: RedisValue) throws(LedgerError) -> [TenantScoped: BackfillJob] {
        var jobs: [TenantScoped: BackfillJob] = [:]
        for (key, bytes) in try reply.fields("the backfills", { TenantScoped($0) }) {
            jobs[key] = try reading("the backfill of target \(key)") { () throws(CorruptRecord) in
                try BackfillJob(parsing: bytes)
            }
        }
        return jobs
    }

    /// A backfill that has not begun.
    /// - Parameter stepSize: the most orders that one step derives again.
    package init(of key: TenantScoped, job: BackfillJob, settings: LedgerSettings, stepSize: Int = stepSize) {
        self.key = key
        self.job = job
        self.settings = settings
        self.stepSize = stepSize
        keys = settings.keys
        days = SharedDays(of: key.tenant, keys: keys)
        progress = Array(repeating: BackfillProgress(), count: settings.shards)
    }

    /// The result of one step.
    package enum Step: Hashable, Sendable {
        case inProgress
        case done
        /// The job was replaced, Redis has gone back to older data, or another lane does the same work: the jobs must be
        /// read again.
        case lost
    }

    /// Does the next step.
    package mutating func step(on connection: some PostingLink, catalogs: Catalogs) async throws(LedgerError) -> Step {
        if !isPrepared {
            guard try await begin(on: connection, catalogs: catalogs) else { return .lost }
            beginFinding(catalogs)
            isPrepared = true
        }
        if !hasFound {
            hasFound = try await days.find(on: connection)
            return .inProgress
        }
        if waiting == nil { waiting = try await days.take(on: connection) }
        guard let orders = waiting else { return try await finish(on: connection, catalogs: catalogs) }
        let chunk = Array(orders.orders.prefix(stepSize))
        guard let outcome = try await rederive(chunk, shard: orders.shard, on: connection, catalogs: catalogs) else {
            return .lost
        }
        if outcome == .applied { waiting = orders.dropFirst(chunk.count) }
        return .inProgress
    }

    /// Writes to each shard that this backfill is at work.
    /// - Returns: false when Redis no longer has the job.
    /// - Throws: ``LedgerError/catalogChanged`` when the job is newer than the catalogs.
    private func begin(on connection: some PostingLink, catalogs: Catalogs) async throws(LedgerError) -> Bool {
        for shard in 0..<settings.shards {
            let note = RedisCommand("SET", keys.backfillProgress(shard: shard), progress[shard].description)
            repeat {
                guard try await watchJob(from: shard, of: catalogs, on: connection) else { return false }
                if let revision = job.target, catalogs.revision.number < revision { throw .catalogChanged }
            } while try await transaction([note], on: connection) == .lostRace
        }
        return true
    }

    /// Begins to find the days with orders to derive again.
    private mutating func beginFinding(_ catalogs: Catalogs) {
        guard let revision = job.target, let entry = catalogs[key.tenant][key.id], entry.revision == revision else {
            return
        }
        days.begin(entry.target)
    }

    /// Watches the view of a shard and some of its keys, and reads from them.
    /// - Throws: ``LedgerError/viewChanged`` when the backfill began in another view.
    private func watch(
        _ shard: Int,
        _ names: [String],
        _ reads: [RedisCommand],
        of catalogs: Catalogs,
        on connection: some PostingLink
    ) async throws(LedgerError) -> [RedisValue] {
        let view = keys.view(shard: shard)
        var watch = RedisCommand("WATCH", view)
        for name in names { watch.append(name) }
        var pipeline = RedisPipeline(watch, RedisCommand("GET", view))
        for read in reads { pipeline.append(read) }
        let replies = try await connection.replies(to: pipeline)
        guard try replies[1].view() == catalogs.view else { throw .viewChanged }
        return Array(replies.dropFirst(2))
    }

    /// Watches the view of a shard, and the job.
    /// - Returns: whether Redis still has this job, and no newer one of the target.
    private func watchJob(
        from shard: Int,
        of catalogs: Catalogs,
        on connection: some PostingLink
    ) async throws(LedgerError) -> Bool {
        let read = RedisCommand("HGET", keys.backfills, key.description)
        let kept = try await watch(shard, [keys.backfills], [read], of: catalogs, on: connection)[0]
        if kept == .bytes(Array(job.description.utf8)) { return true }
        _ = try await connection.replies(to: RedisCommand("UNWATCH"))
        return false
    }

    /// Watches what a shard has noted of the backfill.
    /// - Returns: whether it is what this backfill has noted.
    private func watchProgress(
        _ shard: Int,
        of catalogs: Catalogs,
        on connection: some PostingLink
    ) async throws(LedgerError) -> Bool {
        let name = keys.backfillProgress(shard: shard)
        return try progress[shard].matches(
            try await watch(shard, [name], [RedisCommand("GET", name)], of: catalogs, on: connection)[0]
        )
    }

    private func transaction(
        _ commands: [RedisCommand],
        on connection: some PostingLink
    ) async throws(LedgerError) -> Posting.Outcome {
        var pipeline = RedisPipeline(RedisCommand("MULTI"))
        for command in commands { pipeline.append(command) }
        pipeline.append(RedisCommand("EXEC"))
        return try Posting.outcome(of: try await connection.replies(to: pipeline))
    }

    /// - Returns: `lostRace` when another client changed one of the orders meanwhile, so that they must be read again; nil
    ///   when the shard has not noted all that this backfill did.
    private mutating func rederive(
        _ orders: [TenantScoped],
        shard: Int,
        on connection: some PostingLink,
        catalogs: Catalogs
    ) async throws(LedgerError) -> Posting.Outcome? {
        let reads = OrderReads(shard: shard, partitions: [], orders: orders, settings: settings)
        let name = keys.backfillProgress(shard: shard)
        var pipeline = RedisPipeline(RedisCommand("WATCH", name), RedisCommand("GET", name))
        reads.append(to: &pipeline)
        let replies = try await connection.replies(to: pipeline)
        let snapshot = try reads.snapshot(from: replies.dropFirst(2))
        guard snapshot.view == catalogs.view else { throw .viewChanged }
        guard snapshot.catalogRevision == catalogs.revision else { throw .catalogChanged }
        guard try progress[shard].matches(replies[1]) else { return nil }
        var posting = Posting(shard: shard, settings: settings)
        for (order, entry) in zip(orders, snapshot.entries) where entry.revision < catalogs.revision.number {
            posting.move(order, from: entry, to: entry, catalogs: catalogs)
        }
        let next = progress[shard].next
        posting.note(next)
        let outcome = try Posting.outcome(of: try await connection.replies(to: posting.transaction()))
        if outcome == .applied { progress[shard] = next }
        return outcome
    }

    private func finish(on connection: some PostingLink, catalogs: Catalogs) async throws(LedgerError) -> Step {
        // One transaction for each shard, because shards may be in different slots. These keys are no longer read.
        for shard in 0..<settings.shards where !job.formerRevisions.isEmpty {
            let stale = job.formerRevisions.map { RedisCommand("DEL", keys.overlap(key, revision: $0, shard: shard)) }
            repeat {
                guard try await watchProgress(shard, of: catalogs, on: connection) else { return .lost }
            } while try await transaction(stale, on: connection) == .lostRace
        }
        for shard in 0..<settings.shards {
            guard try await watchProgress(shard, of: catalogs, on: connection) else { return .lost }
        }
        guard try await watchJob(from: 0, of: catalogs, on: connection) else { return .lost }
        var commands = [RedisCommand("HDEL", keys.backfills, key.description)]
        if let publish = Announcement(targets: [key]).command(shard: 0, keys: keys) { commands.append(publish) }
        return try await transaction(commands, on: connection) == .applied ? .done : .inProgress
    }
}
