internal import Redis
package import SalesRules

/// Counts earlier orders into a shared target that was created or changed: each order that credits several of its people
/// is derived anew, through the same step as live traffic and safe against it, a few hundred at a time.
///
/// Only those orders matter: what one person alone is credited with is in their days already, and counts towards every
/// target of theirs from the first moment.
package struct CountingPass {
    private let key: TenantScoped
    private let job: CountingJob
    private let settings: LedgerSettings
    private let keys: KeySpace
    private var days: SharedDays
    private var waiting: SharedDays.Orders?
    private var isPrepared = false
    /// The catalog revision that every shard has followed up to.
    private var followed: Int64 = 0

    /// Orders derived anew in one step.
    package static let stepSize = 500

    /// The jobs to be done, in no particular order.
    package static func jobs(
        in link: some RedisLink,
        keys: KeySpace
    ) async throws(LedgerError) -> [TenantScoped: CountingJob] {
        let values = try (try await link.replies(to: RedisCommand("HGETALL", keys.counting))[0]).elements("HGETALL")
        var jobs: [TenantScoped: CountingJob] = [:]
        for index in stride(from: 0, to: values.count - 1, by: 2) {
            let name = String(decoding: try values[index].optionalBytes("HGETALL") ?? [], as: UTF8.self)
            let bytes = try values[index + 1].optionalBytes("HGETALL") ?? []
            guard let key = TenantScoped(name) else {
                throw .corrupt(CorruptRecord(place: "a counting job", reason: "its name is not one"))
            }
            jobs[key] = try reading("the counting of target \(name)") { () throws(CorruptRecord) in
                try CountingJob(parsing: bytes)
            }
        }
        return jobs
    }

    /// A pass that has not begun.
    package init(of key: TenantScoped, job: CountingJob, settings: LedgerSettings) {
        self.key = key
        self.job = job
        self.settings = settings
        keys = settings.keys
        days = SharedDays(of: key.tenant, keys: keys)
    }

    /// Goes on for one step.
    /// - Returns: true when the job is done, or was replaced by a newer one.
    package mutating func step(on connection: some PostingLink, catalogs: Catalogs) async throws(LedgerError) -> Bool {
        // Again whenever targets change in the middle: nothing may be sold that would let the other shards follow.
        if followed < catalogs.revision { try await letShardsFollow(catalogs, on: connection) }
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

    /// From here on whatever is posted counts under this revision of the catalog, or a later one.
    private mutating func letShardsFollow(
        _ catalogs: Catalogs,
        on connection: some PostingLink
    ) async throws(LedgerError) {
        for shard in 1..<max(2, settings.shards) where shard < settings.shards {
            try await raiseRevision(of: shard, to: catalogs, on: connection)
        }
        followed = catalogs.revision
    }

    /// Finds the days on which there is something to derive anew.
    private mutating func findDays(on connection: some PostingLink, catalogs: Catalogs) async throws(LedgerError) {
        if let revision = job.target, catalogs.revision < revision { throw .catalogMoved }
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
            guard try integer(known, missing: 0, "revision") < catalogs.revision else { return }
            let raise = [RedisCommand("SET", name, String(catalogs.revision))]
            if try await transaction(raise, on: connection) == .applied { return }
        }
    }

    /// Watches a key of a shard together with its view, and reads it.
    /// - Throws: ``LedgerError/otherView``: what the pass has found is not true of what is there now.
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
        guard try OrderReads.view(replies[1]) == catalogs.view else { throw .otherView }
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

    /// - Returns: false when somebody else changed one of them meanwhile, so that they have to be read again.
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
        guard snapshot.view == catalogs.view else { throw .otherView }
        guard snapshot.revision == catalogs.revision else { throw .catalogMoved }
        var posting = Posting(shard: shard, settings: settings)
        for (order, entry) in zip(orders, snapshot.entries) where entry.revision < catalogs.revision {
            posting.move(order, from: entry, to: entry, catalogs: catalogs)
        }
        let outcome = try Posting.outcome(of: try await connection.replies(to: posting.transaction()))
        return outcome == .applied
    }

    private func finish(on connection: some PostingLink, catalogs: Catalogs) async throws(LedgerError) -> Bool {
        // A transaction for each shard, since a cluster keeps them apart; nobody reads or writes these keys any more.
        for shard in 0..<settings.shards where !job.stale.isEmpty {
            let view = keys.view(shard: shard)
            let stale = job.stale.map { RedisCommand("DEL", keys.overlap(key, revision: $0, shard: shard)) }
            repeat {
                _ = try await watch(view, RedisCommand("PING"), shard: shard, of: catalogs, on: connection)
            } while try await transaction(stale, on: connection) == .lostRace
        }
        let read = RedisCommand("HGET", keys.counting, key.description)
        let kept = try await watch(keys.counting, read, shard: 0, of: catalogs, on: connection)
        guard kept == .bytes(Array(job.description.utf8)) else {
            _ = try await connection.replies(to: RedisCommand("UNWATCH"))
            return true
        }
        var commands = [RedisCommand("HDEL", keys.counting, key.description)]
        if let publish = Announcement(targets: [key]).command(shard: 0, keys: keys) { commands.append(publish) }
        return try await transaction(commands, on: connection) == .applied
    }
}
