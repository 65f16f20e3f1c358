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
    private var days: SharedDays
    private var waiting: SharedDays.Orders?
    private var isPrepared = false
    /// The catalog revision to which all shards were raised.
    private var raisedRevision: Int64 = 0

    /// The most orders that one step derives again.
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
        for (key, bytes) in try reply.scopedFields("the backfills") {
            jobs[key] = try reading("the backfill of target \(key)") { () throws(CorruptRecord) in
                try BackfillJob(parsing: bytes)
            }
        }
        return jobs
    }

    /// A backfill that has not begun.
    package init(of key: TenantScoped, job: BackfillJob, settings: LedgerSettings) {
        self.key = key
        self.job = job
        self.settings = settings
        keys = settings.keys
        days = SharedDays(of: key.tenant, keys: keys)
    }

    /// Does the next step.
    /// - Returns: true when the job is done or was replaced by a newer one.
    package mutating func step(on connection: some PostingLink, catalogs: Catalogs) async throws(LedgerError) -> Bool {
        // Again after each change of targets: in a shard without new orders, no posting raises the revision.
        if raisedRevision < catalogs.revision { try await raiseRevisions(catalogs, on: connection) }
        if !isPrepared {
            try await findDays(on: connection, catalogs: catalogs)
            isPrepared = true
        }
        if waiting == nil { waiting = try await days.take(on: connection) }
        guard let orders = waiting else { return try await finish(on: connection, catalogs: catalogs) }
        let chunk = Array(orders.orders.prefix(Self.stepSize))
        if try await rederive(chunk, shard: orders.shard, on: connection, catalogs: catalogs) {
            waiting = orders.dropFirst(chunk.count)
        }
        return false
    }

    /// Raises the revision of every shard: later postings use this revision of the catalog or a newer one.
    private mutating func raiseRevisions(
        _ catalogs: Catalogs,
        on connection: some PostingLink
    ) async throws(LedgerError) {
        for shard in 1..<settings.shards {
            try await raiseRevision(of: shard, to: catalogs, on: connection)
        }
        raisedRevision = catalogs.revision
    }

    /// Finds the days with orders to derive again.
    private mutating func findDays(on connection: some PostingLink, catalogs: Catalogs) async throws(LedgerError) {
        if let revision = job.target, catalogs.revision < revision { throw .catalogChanged }
        guard let revision = job.target, let entry = catalogs[key.tenant][key.id], entry.revision == revision else {
            return
        }
        try await days.find(entry.target, on: connection)
    }

    private func raiseRevision(
        of shard: Int,
        to catalogs: Catalogs,
        on connection: some PostingLink
    ) async throws(LedgerError) {
        let name = keys.revision(shard: shard)
        while true {
            let known = try await watch(name, RedisCommand("GET", name), shard: shard, of: catalogs, on: connection)
            guard try known.number("revision") ?? 0 < catalogs.revision else { return }
            let raise = [RedisCommand("SET", name, String(catalogs.revision))]
            if try await transaction(raise, on: connection) == .applied { return }
        }
    }

    /// Watches a key of a shard and the shard's view, and reads the key.
    /// - Throws: ``LedgerError/viewChanged`` when the backfill began in another view.
    private func watch(
        _ key: String,
        _ read: RedisCommand,
        shard: Int,
        of catalogs: Catalogs,
        on connection: some PostingLink
    ) async throws(LedgerError) -> RedisValue {
        let view = keys.view(shard: shard)
        let replies = try await connection.replies(
            to: RedisCommand("WATCH", view, key),
            RedisCommand("GET", view),
            read
        )
        guard try replies[1].view() == catalogs.view else { throw .viewChanged }
        return replies[2]
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

    /// - Returns: false when another client changed one of the orders meanwhile, so that they must be read again.
    private func rederive(
        _ orders: [TenantScoped],
        shard: Int,
        on connection: some PostingLink,
        catalogs: Catalogs
    ) async throws(LedgerError) -> Bool {
        let reads = OrderReads(shard: shard, partitions: [], orders: orders, settings: settings)
        var pipeline = RedisPipeline()
        reads.append(to: &pipeline)
        let snapshot = try reads.snapshot(from: try await connection.replies(to: pipeline)[...])
        guard snapshot.view == catalogs.view else { throw .viewChanged }
        guard snapshot.revision == catalogs.revision else { throw .catalogChanged }
        var posting = Posting(shard: shard, settings: settings)
        for (order, entry) in zip(orders, snapshot.entries) where entry.revision < catalogs.revision {
            posting.move(order, from: entry, to: entry, catalogs: catalogs)
        }
        let outcome = try Posting.outcome(of: try await connection.replies(to: posting.transaction()))
        return outcome == .applied
    }

    private func finish(on connection: some PostingLink, catalogs: Catalogs) async throws(LedgerError) -> Bool {
        // One transaction for each shard, because shards may be in different slots. These keys are no longer read.
        for shard in 0..<settings.shards where !job.formerRevisions.isEmpty {
            let view = keys.view(shard: shard)
            let stale = job.formerRevisions.map { RedisCommand("DEL", keys.overlap(key, revision: $0, shard: shard)) }
            repeat {
                _ = try await watch(view, RedisCommand("PING"), shard: shard, of: catalogs, on: connection)
            } while try await transaction(stale, on: connection) == .lostRace
        }
        let read = RedisCommand("HGET", keys.backfills, key.description)
        let kept = try await watch(keys.backfills, read, shard: 0, of: catalogs, on: connection)
        guard kept == .bytes(Array(job.description.utf8)) else {
            _ = try await connection.replies(to: RedisCommand("UNWATCH"))
            return true
        }
        var commands = [RedisCommand("HDEL", keys.backfills, key.description)]
        if let publish = Announcement(targets: [key]).command(shard: 0, keys: keys) { commands.append(publish) }
        return try await transaction(commands, on: connection) == .applied
    }
}
