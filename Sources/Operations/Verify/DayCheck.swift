package import Ledger
package import Redis
internal import SalesRules

/// Compares the tallies of people's days, and their lists of orders, with the entries.
package struct DayCheck {
    private let shard: Int
    private let days: [OrderFold.PersonDay]
    private let settings: LedgerSettings

    /// A comparison of these days.
    package init(_ days: [OrderFold.PersonDay], shard: Int, settings: LedgerSettings) {
        self.days = days
        self.shard = shard
        self.settings = settings
    }

    private func names(_ day: OrderFold.PersonDay, _ fold: LogFold) -> (
        OrderFold.DayOwner, Day, days: String, index: String?
    ) {
        let owner = fold.orders[shard].owner(of: day)
        let date = Day(number: Int(day.day)) ?? .epoch
        let key = DaysKey(tenant: owner.tenant, person: owner.person, year: date.year)
        let index = owner.person.map {
            settings.keys.index(tenant: owner.tenant, person: $0, day: date, shard: shard)
        }
        return (owner, date, settings.keys.days(key, shard: shard), index)
    }

    /// The commands that read the tallies and the lists.
    package func commands(_ fold: LogFold) -> [RedisCommand] {
        days.flatMap { day -> [RedisCommand] in
            let (_, date, days, index) = names(day, fold)
            let tally = PackedTallies.read(key: days, date.ordinal...date.ordinal)
            return [tally] + (index.map { [RedisCommand("HGETALL", $0)] } ?? [])
        }
    }

    /// The differences. The fold must be at the cursors that were read with the replies.
    package func differences(_ replies: ArraySlice<RedisValue>, _ fold: LogFold) throws -> [Difference] {
        var replies = replies
        var differences: [Difference] = []
        for day in days {
            let (owner, date, key, index) = names(day, fold)
            let parts = try fold.orders[shard].parts(of: day)
            let who = "\(owner.tenant)/\(owner.person?.rawValue ?? "*") on \(date)"
            let behind = parts.map { Difference.OrderBehind($0.order, $0.amount) }
            let tally = replies.popFirst() ?? .null
            let expected = TallySum(revenue: parts.reduce(0) { $0 + Int128($1.amount) }, orders: Int64(parts.count))
            if case .bytes(let bytes) = tally {
                let found = PackedTallies.sum(bytes)
                if found != expected {
                    let currency = settings.rules.currency
                    let problem =
                        "\(who) has \(found.text(currency)), but the sum of its orders is \(expected.text(currency))"
                    differences.append(Difference(.day, key, problem, orders: behind))
                }
            } else {
                differences.append(Difference(.day, key, tally.wrongType ?? "it is not a string", orders: behind))
            }
            if let index {
                differences += Self.compare(index, replies.popFirst() ?? .null, parts, who)
            }
        }
        return differences
    }

    private static func compare(
        _ key: String,
        _ reply: RedisValue,
        _ parts: [OrderFold.DayPart],
        _ who: String
    ) -> [Difference] {
        guard let fields = reply.fields else {
            let behind = parts.map { Difference.OrderBehind($0.order, $0.amount) }
            return [Difference(.index, key, reply.wrongType ?? "it is not a hash", orders: behind)]
        }
        var found = Dictionary(fields.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
        var missing: [Difference.OrderBehind] = []
        var marked: [Difference.OrderBehind] = []
        for part in parts {
            let mark = part.isSplit ? IndexMark.split : IndexMark.single
            switch found.removeValue(forKey: part.order.rawValue) {
            case nil: missing.append(.init(part.order, part.amount))
            case Array(mark.utf8): break
            default: marked.append(.init(part.order, part.amount))
            }
        }
        var differences: [Difference] = []
        func add(_ what: String, _ orders: [Difference.OrderBehind]) {
            if orders.isEmpty { return }
            let list = "the list of orders of \(who) \(what)"
            differences.append(Difference(.index, key, list, orders: orders))
        }
        add("lacks \(missing.count)", missing)
        add("marks \(marked.count) wrongly as split or not", marked)
        let tooMany = found.keys.sorted()
        if !tooMany.isEmpty {
            let ids = tooMany.compactMap { Identifier($0) }
            let names = tooMany.prefix(5).joined(separator: ", ")
            differences.append(
                Difference(
                    .index,
                    key,
                    "the list of orders of \(who) has \(tooMany.count) too many (\(names))",
                    orders: ids.map { .init($0) }
                )
            )
        }
        return differences
    }
}
