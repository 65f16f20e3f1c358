package import Ledger
package import Redis
package import SalesRules

/// Compares the overlaps of shared targets with the entries. The overlap is what the credits of the assignees count more
/// than once.
package struct OverlapCheck {
    private let shard: Int
    private let targets: [(key: TenantScoped, entry: CatalogTarget)]
    private let settings: LedgerSettings

    /// The number of targets that one check compares. Large, because each check reads all split orders.
    package static let chunk = 5_000

    /// A comparison of these shared targets.
    package init(_ targets: [(key: TenantScoped, entry: CatalogTarget)], shard: Int, settings: LedgerSettings) {
        self.targets = targets
        self.shard = shard
        self.settings = settings
    }

    /// The commands that read the overlaps.
    package var commands: [RedisCommand] {
        targets.map { PackedTallies.readOverlap(key: name($0)) }
    }

    private func name(_ target: (key: TenantScoped, entry: CatalogTarget)) -> String {
        settings.keys.overlap(target.key, revision: target.entry.revision, shard: shard)
    }

    /// The differences; and the targets that cannot be compared now, because they are being backfilled or have changed.
    /// The fold must be at the cursors that were read with the replies.
    package func differences(
        _ replies: ArraySlice<RedisValue>,
        _ fold: LogFold,
        _ state: VerifySnapshot
    ) throws -> (differences: [Difference], unsettled: [TenantScoped]) {
        let orders = fold.orders[shard]
        var expected = Array(repeating: TallySum.zero, count: targets.count)
        try forEachOverlap(in: orders) { place, _, tally in expected[place] += tally }
        var unsettled: [TenantScoped] = []
        var wrong: [Int: String] = [:]
        for (place, (target, reply)) in zip(targets, replies).enumerated() {
            let now = state.catalogs[target.key.tenant][target.key.id]
            guard state.jobs[target.key] == nil, now?.revision == target.entry.revision else {
                unsettled.append(target.key)
                continue
            }
            guard case .bytes(let bytes) = reply else {
                wrong[place] = reply.wrongType ?? "it is not a string"
                continue
            }
            let found = PackedTallies.overlap(bytes)
            if found == expected[place] { continue }
            let currency = settings.rules.currency
            wrong[place] =
                "the overlap of target \(target.key) is \(found.text(currency)), but computed from its orders it is "
                + "\(expected[place].text(currency))"
        }
        if wrong.isEmpty { return ([], unsettled) }
        var behind: [Int: [Difference.OrderBehind]] = [:]
        try forEachOverlap(in: orders) { place, order, tally in
            if wrong[place] != nil { behind[place, default: []].append(.init(order, tally.revenue)) }
        }
        let differences = wrong.sorted { $0.key < $1.key }.map { place, problem in
            Difference(.overlap, name(targets[place]), problem, orders: behind[place] ?? [])
        }
        return (differences, unsettled)
    }

    /// Calls `body` for each target and each order that credits several of its assignees, with the sum of their credits
    /// minus what the order counts towards the target.
    private func forEachOverlap(in orders: OrderFold, _ body: (Int, Identifier, Tally) -> Void) throws {
        var places: [TenantScoped: [Int]] = [:]
        for (place, target) in targets.enumerated() {
            for person in target.entry.target.assignees {
                places[TenantScoped(tenant: target.key.tenant, id: person), default: []].append(place)
            }
        }
        try orders.forEachSplit { order, worth in
            var touched: [Int: [Credit]] = [:]
            for credit in worth.credits {
                for place in places[TenantScoped(tenant: order.tenant, id: credit.salesperson)] ?? []
                where targets[place].entry.target.period.contains(worth.day) {
                    touched[place, default: []].append(credit)
                }
            }
            for (place, credits) in touched where credits.count > 1 {
                let once = worth.tally(of: Set(credits.map(\.salesperson))) ?? .zero
                let all = Tally(revenue: credits.reduce(0) { $0 + $1.amount }, orders: Int64(credits.count))
                body(place, order.id, all - once)
            }
        }
    }
}
