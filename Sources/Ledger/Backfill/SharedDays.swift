internal import Redis
internal import SalesRules

/// Finds the orders that credit several assignees of a shared target: only these can count more than once in it. It
/// reads the days on which several assignees have orders, and then the indexes of these days.
struct SharedDays {
    private let tenant: Identifier
    private let keys: KeySpace
    private var days: [SharedDay] = []

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

    /// Without days: call ``find(_:on:)`` first.
    init(of tenant: Identifier, keys: KeySpace) {
        self.tenant = tenant
        self.keys = keys
    }

    /// Finds the days of a target's people within its period.
    mutating func find(_ target: Target, on connection: some PostingLink) async throws(LedgerError) {
        days = []
        for shard in 0..<keys.shards {
            var found: [Day: SharedDay] = [:]
            for person in target.assignees {
                for (day, orders) in try await soldDays(of: person, in: target.period, shard: shard, on: connection) {
                    found[day, default: SharedDay(shard: shard, day: day, people: [], marks: 0)].people.append(person)
                    found[day]?.marks += orders
                }
            }
            days += found.values.filter { $0.people.count > 1 }
        }
    }

    private func soldDays(
        of person: Identifier,
        in period: Period,
        shard: Int,
        on connection: some PostingLink
    ) async throws(LedgerError) -> [(Day, orders: Int64)] {
        let parts = PersonDays.parts(tenant: tenant, person: person, period: period)
        var pipeline = RedisPipeline()
        for part in parts { pipeline.append(PackedTallies.read(key: keys.days(part.key, shard: shard), part.places)) }
        var days: [(Day, Int64)] = []
        for (part, reply) in zip(parts, try await connection.replies(to: pipeline)) {
            guard let bytes = try reply.optionalBytes("GETRANGE") else { continue }
            var tallies = Array(repeating: Tally.zero, count: part.places.count)
            PackedTallies.add(bytes, to: &tallies[...])
            for (index, tally) in tallies.enumerated() where tally.orders > 0 {
                if let day = Day(number: part.firstDay.number + index) { days.append((day, tally.orders)) }
            }
        }
        return days
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
        var replies = try await connection.replies(to: indexes(of: days.suffix(taken)))[...]
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
        _ indexes: ArraySlice<RedisValue>,
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
