package import Redis
package import SalesTargets

/// Counts earlier orders into a shared target that was created or changed: each order that credits several people in
/// its period is derived anew, through the same step as live traffic and safe against it, a few hundred at a time.
///
/// Only those orders matter: what one person alone is credited with is in their days already, and counts towards every
/// target of theirs from the first moment.
package struct CountingPass {
    private let key: TenantScoped
    private let job: CountingJob
    private let settings: LedgerSettings
    private let keys: KeySpace
    private var places: [Place] = []
    private var waiting: [(shard: Int, order: TenantScoped)] = []
    private var isPrepared = false
    /// The catalog revision that every shard has followed up to.
    private var followed: Int64 = 0

    /// Orders derived anew in one step.
    package static let stepSize = 500

    private struct Place {
        let shard: Int
        let person: Identifier
        let day: Day
    }

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
    }

    /// Goes on for one step.
    /// - Returns: true when the job is done, or was replaced by a newer one.
    package mutating func step(on connection: RedisConnection, catalogs: Catalogs) async throws(LedgerError) -> Bool {
        // Again whenever targets change in the middle: nothing may be sold that would let the other shards follow.
        if followed < catalogs.revision { try await letShardsFollow(catalogs.revision, on: connection) }
        if !isPrepared {
            try await findDays(on: connection, catalogs: catalogs)
            isPrepared = true
        }
        while waiting.isEmpty, let place = places.last {
            try await findOrders(at: place, on: connection)
            places.removeLast()
        }
        if waiting.isEmpty { return try await finish(on: connection) }
        let shard = waiting[0].shard
        let chunk = waiting.filter { $0.shard == shard }.prefix(Self.stepSize).map(\.order)
        if try await rederive(chunk, shard: shard, on: connection, catalogs: catalogs) {
            let done = Set(chunk)
            waiting.removeAll { $0.shard == shard && done.contains($0.order) }
        }
        return false
    }

    /// From here on whatever is posted counts under this revision of the catalog, or a later one.
    private mutating func letShardsFollow(
        _ revision: Int64,
        on connection: RedisConnection
    ) async throws(LedgerError) {
        for shard in 1..<max(2, settings.shards) where shard < settings.shards {
            try await raiseRevision(of: shard, to: revision, on: connection)
        }
        followed = revision
    }

    /// Finds the days on which there is something to derive anew.
    private mutating func findDays(on connection: RedisConnection, catalogs: Catalogs) async throws(LedgerError) {
        if let revision = job.target, catalogs.revision < revision { throw .catalogMoved }
        guard let revision = job.target, let entry = catalogs[key.tenant][key.id], entry.revision == revision else {
            return
        }
        let period = entry.target.period
        for shard in 0..<settings.shards {
            for person in entry.target.assignees {
                places.append(
                    contentsOf: try await days(of: person, in: period, shard: shard, on: connection)
                        .map { Place(shard: shard, person: person, day: $0) }
                )
            }
        }
    }

    private func raiseRevision(
        of shard: Int,
        to revision: Int64,
        on connection: RedisConnection
    ) async throws(LedgerError) {
        let name = keys.revision(shard: shard)
        while true {
            let read = try await connection.replies(to: RedisCommand("WATCH", name), RedisCommand("GET", name))
            guard try integer(read[1], missing: 0, "revision") < revision else { return }
            let replies = try await connection.replies(
                to: RedisCommand("MULTI"),
                RedisCommand("SET", name, String(revision)),
                RedisCommand("EXEC")
            )
            if try Posting.outcome(of: replies) == .applied { return }
        }
    }

    private func days(
        of person: Identifier,
        in period: Period,
        shard: Int,
        on connection: RedisConnection
    ) async throws(LedgerError) -> [Day] {
        var days: [Day] = []
        for part in PersonDays.parts(tenant: key.tenant, person: person, period: period) {
            let read = TallyString.read(key: keys.days(part.key, shard: shard), part.places)
            guard let bytes = try (try await connection.replies(to: read)[0]).optionalBytes("GETRANGE") else {
                continue
            }
            var tallies = Array(repeating: Tally.zero, count: part.places.count)
            TallyString.add(bytes, to: &tallies[...])
            for (index, tally) in tallies.enumerated() where tally.orders != 0 {
                if let day = Day(number: part.firstDay.number + index) { days.append(day) }
            }
        }
        return days
    }

    private mutating func findOrders(at place: Place, on connection: RedisConnection) async throws(LedgerError) {
        let name = keys.index(tenant: key.tenant, person: place.person, day: place.day, shard: place.shard)
        let values = try (try await connection.replies(to: RedisCommand("HGETALL", name))[0]).elements("HGETALL")
        for index in stride(from: 0, to: values.count - 1, by: 2) {
            guard values[index + 1] == .bytes(Array(IndexMark.split.utf8)) else { continue }
            let id = Identifier(String(decoding: try values[index].optionalBytes("HGETALL") ?? [], as: UTF8.self))
            guard let id else { throw .corrupt(CorruptRecord(place: name, reason: "an order's id is not one")) }
            waiting.append((place.shard, TenantScoped(tenant: key.tenant, id: id)))
        }
    }

    /// - Returns: false when somebody else changed one of them meanwhile, so that they have to be read again.
    private func rederive(
        _ orders: [TenantScoped],
        shard: Int,
        on connection: RedisConnection,
        catalogs: Catalogs
    ) async throws(LedgerError) -> Bool {
        let reads = OrderReads(shard: shard, partitions: [], orders: orders, settings: settings)
        var pipeline = RedisPipeline()
        reads.append(to: &pipeline)
        let snapshot = try reads.snapshot(from: try await connection.replies(to: pipeline)[...])
        guard snapshot.revision == catalogs.revision else { throw .catalogMoved }
        var posting = Posting(shard: shard, settings: settings)
        for (order, entry) in zip(orders, snapshot.entries) where entry.revision < catalogs.revision {
            posting.move(order, from: entry, to: entry, catalogs: catalogs)
        }
        let outcome = try Posting.outcome(of: try await connection.replies(to: posting.transaction()))
        return outcome == .applied
    }

    private func finish(on connection: RedisConnection) async throws(LedgerError) -> Bool {
        let read = try await connection.replies(
            to: RedisCommand("WATCH", keys.counting),
            RedisCommand("HGET", keys.counting, key.description)
        )
        guard read[1] == .bytes(Array(job.description.utf8)) else {
            _ = try await connection.replies(to: RedisCommand("UNWATCH"))
            return true
        }
        var pipeline = RedisPipeline()
        for shard in 0..<settings.shards {
            for revision in job.stale {
                pipeline.append(RedisCommand("DEL", keys.overlap(key, revision: revision, shard: shard)))
            }
        }
        // Outside of the transaction, since a cluster keeps the shards apart; nobody reads or writes these any more.
        if !pipeline.isEmpty { _ = try await connection.replies(to: pipeline) }
        var transaction = RedisPipeline(RedisCommand("MULTI"), RedisCommand("HDEL", keys.counting, key.description))
        if let publish = Announcement(targets: [key]).command(shard: 0, keys: keys) { transaction.append(publish) }
        transaction.append(RedisCommand("EXEC"))
        return try Posting.outcome(of: try await connection.replies(to: transaction)) == .applied
    }
}
