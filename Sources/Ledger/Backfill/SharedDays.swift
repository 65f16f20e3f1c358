internal import Redis
internal import SalesRules

/// Finds the orders that credit several assignees of a shared target: only these can count more than once in it. It
/// reads the days on which several assignees have orders, and then the indexes of these days.
struct SharedDays {
    private let tenant: Identifier
    private let keys: KeySpace
    private var days: [SharedDay] = []
    /// The days of the people that are still to be read.
    private var unread: ArraySlice<SoldDays> = []
    /// What was read of the people so far.
    private var found: [Int: [Day: SharedDay]] = [:]

    /// A year of one person in one shard.
    private struct SoldDays {
        let shard: Int
        let person: Identifier
        let part: PersonDays.Part
    }

    private struct SharedDay {
        let shard: Int
        let day: Day
        var people: [Identifier]
        /// How many orders the indexes of these people have together.
        var marks: Int64
    }

    /// Orders of one shard.
    struct Orders {
        let shard: Int
        let orders: ArraySlice<TenantScoped>

        /// The orders after the first `count`; nil when there are none.
        func dropFirst(_ count: Int) -> Orders? {
            let rest = orders.dropFirst(count)
            return rest.isEmpty ? nil : Orders(shard: shard, orders: rest)
        }
    }

    /// The most entries of indexes that are read at once, unless a single day has more.
    private static let marksPerRead = 8_192

    /// The most years of people that are read at once: about 2 MB.
    private static let yearsPerRead = 512

    /// Without days: call ``begin(_:)`` and ``find(on:)`` first.
    init(of tenant: Identifier, keys: KeySpace) {
        self.tenant = tenant
        self.keys = keys
    }

    /// Begins to find the days of a target's people within its period.
    mutating func begin(_ target: Target) {
        (days, found) = ([], [:])
        let people = target.assignees.map { person in
            PersonDays.parts(tenant: tenant, person: person, period: target.period).map { (person, $0) }
        }
        unread =
            (0..<keys.shards).flatMap { shard in
                people.joined().map { SoldDays(shard: shard, person: $0.0, part: $0.1) }
            }[...]
    }

    /// Reads some of the people's days, in one trip.
    /// - Returns: whether all are read.
    mutating func find(on connection: some PostingLink) async throws(LedgerError) -> Bool {
        let read = unread.prefix(Self.yearsPerRead)
        if !read.isEmpty {
            var pipeline = RedisPipeline()
            for item in read {
                pipeline.append(PackedTallies.read(key: keys.days(item.part.key, shard: item.shard), item.part.places))
            }
            for (item, reply) in zip(read, try await connection.replies(to: pipeline)) { try note(item, reply) }
            unread = unread.dropFirst(read.count)
        }
        if !unread.isEmpty { return false }
        // By shard: `take` takes days of one shard at a time.
        days = found.sorted { $0.key < $1.key }.flatMap { $0.value.values.filter { $0.people.count > 1 } }
        found = [:]
        return true
    }

    private mutating func note(_ item: SoldDays, _ reply: RedisValue) throws(LedgerError) {
        guard let bytes = try reply.optionalBytes("GETRANGE") else { return }
        var tallies = Array(repeating: TallySum.zero, count: item.part.places.count)
        PackedTallies.add(bytes, to: &tallies[...])
        for (index, tally) in tallies.enumerated() where tally.orders > 0 {
            guard let day = Day(number: item.part.firstDay.number + index) else { continue }
            var shared = found[item.shard]?[day] ?? SharedDay(shard: item.shard, day: day, people: [], marks: 0)
            shared.people.append(item.person)
            shared.marks += tally.orders
            found[item.shard, default: [:]][day] = shared
        }
    }

    /// Removes some days of one shard and reads which orders credit several people on them. An order that is posted
    /// meanwhile is derived from the newest targets, so that it needs no backfill.
    /// - Returns: nil when no days are left.
    mutating func take(on connection: some PostingLink) async throws(LedgerError) -> Orders? {
        guard let shard = days.last?.shard else { return nil }
        var taken = 0
        var marks: Int64 = 0
        for day in days.reversed() where day.shard == shard {
            marks += day.marks
            if taken > 0, marks > Self.marksPerRead { break }
            taken += 1
        }
        var orders: [TenantScoped] = []
        var replies = try await connection.replies(to: indexes(of: days.suffix(taken)))
        for day in days.suffix(taken) {
            orders += try ordersOfSeveral(replies.prefix(day.people.count), on: day)
            replies = replies.dropFirst(day.people.count)
        }
        days.removeLast(taken)
        return Orders(shard: shard, orders: orders[...])
    }

    private func indexes(of days: ArraySlice<SharedDay>) -> RedisPipeline {
        var pipeline = RedisPipeline()
        for day in days {
            for person in day.people { pipeline.append(RedisCommand("HGETALL", index(of: person, on: day))) }
        }
        return pipeline
    }

    private func index(of person: Identifier, on day: SharedDay) -> String {
        keys.index(tenant: tenant, person: person, day: day.day, shard: day.shard)
    }

    private func ordersOfSeveral(
        _ indexes: RedisReplies,
        on day: SharedDay
    ) throws(LedgerError) -> [TenantScoped] {
        let split = RedisValue.bytes(Array(IndexMark.split.utf8))
        var credited: [Identifier: Int] = [:]
        for (person, reply) in zip(day.people, indexes) {
            for (field, mark) in try reply.pairs("HGETALL") where mark == split {
                let order = try field.orderID(in: index(of: person, on: day), "HGETALL")
                credited[order, default: 0] += 1
            }
        }
        return credited.filter { $0.value > 1 }.map { TenantScoped(tenant: tenant, id: $0.key) }
    }
}
