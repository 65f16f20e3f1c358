package import Ledger
package import Redis
internal import SalesRules

/// Checks keys that no other check compares: whether they should exist, and what they hold.
package struct KeyCheck {
    private let shard: Int
    private let found: [(key: String, name: KeyName?)]
    private let settings: LedgerSettings

    /// Keys of one shard; the keys that other checks compare are left out.
    package init(
        _ found: [(key: String, name: KeyName?)],
        of fold: LogFold,
        shard: Int,
        settings: LedgerSettings
    ) throws {
        self.shard = shard
        self.settings = settings
        self.found = try found.filter { try !Self.isCompared($0.name, fold, shard) }
    }

    /// Whether there are no keys to check.
    package var isEmpty: Bool { found.isEmpty }

    private static func isCompared(_ name: KeyName?, _ fold: LogFold, _ shard: Int) throws -> Bool {
        switch name {
        case .settings, .view, .highSums, .refused, .cluster, .revision, .revisionTokens, .targets, .targetChanges,
            .backfills, .backfillProgress, .preferences, .signIn:
            return true
        case .people(let tenant): return !fold.hasCatalog || fold.catalog.people[tenant] != nil
        case .cursor(let partition), .owed(let partition): return fold.known.contains(partition)
        case .entry(let order): return try fold.orders[shard].slot(of: order) != nil
        case .index(let tenant, let person, let day):
            return fold.orders[shard].hasCandidates(.init(tenant: tenant, person: person), on: day)
        case .days, .overlap, .allocation, .stopped, nil: return false
        }
    }

    /// The commands that read the keys.
    package var commands: [RedisCommand] {
        found.map { key, name in
            switch name {
            case .days: RedisCommand("GETRANGE", key, "0", "-1")
            case .index, .stopped: RedisCommand("HGETALL", key)
            case .allocation: RedisCommand("SMEMBERS", key)
            case .entry: RedisCommand("GET", key)
            default: RedisCommand("EXISTS", key)
            }
        }
    }

    /// The differences. The fold must be at the cursors that were read with the replies.
    package func differences(
        _ replies: ArraySlice<RedisValue>,
        _ fold: LogFold,
        _ state: VerifySnapshot
    ) throws -> [Difference] {
        var differences: [Difference] = []
        for ((key, name), reply) in zip(found, replies) {
            // Live events may have deleted the key, or made it one that another check compares.
            if reply == .integer(0) || reply.isNull { continue }
            if try Self.isCompared(name, fold, shard) { continue }
            func add(_ problem: String, _ orders: [Difference.OrderBehind] = []) {
                differences.append(Difference(.foreign, key, problem, orders: orders))
            }
            switch name {
            // Kafka removes the null value of a deletion after a while, and then the log has nothing of the order.
            case .entry(let order) where isForgotten(reply, order): continue
            case .entry(let order): add("it is the entry of an order that the log does not have", [.init(order.id)])
            case .index:
                guard let fields = reply.fields else {
                    add(reply.wrongType ?? "it is not a hash")
                    continue
                }
                if fields.isEmpty { continue }
                add(
                    "it lists orders for a day on which no order counts",
                    fields.compactMap { Identifier($0.name).map { .init($0) } }
                )
            case .allocation(let allocation):
                if let problem = try problem(reply, allocation, fold) { add(problem) }
            case .stopped:
                for problem in problems(reply, fold) { add(problem) }
            case .days(let days):
                if let problem = problem(reply, days, fold) { add(problem) }
            case .overlap(let target, let revision):
                let record = state.catalogs[target.tenant][target.id]
                if record?.revision == revision, record?.target.isShared == true { continue }
                if let job = state.jobs[target], job.formerRevisions.contains(revision) || job.target == revision {
                    continue
                }
                add("target \(target) does not count from revision \(revision), or is not shared")
            case .people(let tenant): add("the log has no people of tenant \(tenant)")
            case .cursor(let partition), .owed(let partition):
                add("the log has no \(partition)")
            case nil:
                add(
                    "this program has no key of this name: if another program wrote it, move that program to another "
                        + "Redis"
                )
            default: break
            }
        }
        return differences
    }

    private func isForgotten(_ reply: RedisValue, _ order: TenantScoped) -> Bool {
        guard case .bytes(let bytes) = reply else { return false }
        let entry = try? EntryCodec.decode(bytes[...], id: order.id, reporting: settings.rules.currency)
        return entry?.remembersNothing == true
    }

    /// The log does not show which partitions are stopped, only whether it has them.
    private func problems(_ reply: RedisValue, _ fold: LogFold) -> [String] {
        guard let fields = reply.fields else { return [reply.wrongType ?? "it is not a hash"] }
        return fields.compactMap { field, value in
            guard let stopped = try? StoppedPartition(field: field, value: value) else {
                return "\(field) is not a valid note of a stopped partition"
            }
            return fold.known.contains(stopped.partition) ? nil : "the log has no \(field)"
        }
    }

    /// Finds orders that should not be in the index. ``EntryCheck`` finds those that are missing.
    private func problem(_ reply: RedisValue, _ allocation: TenantScoped, _ fold: LogFold) throws -> String? {
        guard case .array(let members) = reply else { return reply.wrongType ?? "it is not a set" }
        for member in members {
            let name = member.string ?? "?"
            let order = Identifier(name).map { TenantScoped(tenant: allocation.tenant, id: $0) }
            let slot = try order.flatMap { try fold.orders[shard].slot(of: $0) }
            let own = try slot.map { try fold.orders[shard][$0].entry.own } ?? []
            if !own.contains(where: { $0.id == allocation.id && $0.allocation != nil }) {
                return "order \(name) has no allocation \(allocation.id) that is saved on its own"
            }
        }
        return nil
    }

    /// A day on which no order can count must be empty. ``DayCheck`` compares the other days.
    private func problem(_ reply: RedisValue, _ days: DaysKey, _ fold: LogFold) -> String? {
        guard case .bytes(let bytes) = reply else { return reply.wrongType ?? "it is not a string" }
        guard let first = Day(year: days.year, month: 1, day: 1) else { return nil }
        let owner = OrderFold.DayOwner(tenant: days.tenant, person: days.person)
        var tallies = Array(
            repeating: TallySum.zero,
            count: max(366, (bytes.count + PackedTallies.stride - 1) / PackedTallies.stride)
        )
        PackedTallies.add(bytes, to: &tallies[...])
        for (place, tally) in tallies.enumerated() where tally != .zero {
            guard let day = Day(number: first.number + place), day.year == days.year else {
                return "it has tallies after the end of \(days.year)"
            }
            if !fold.orders[shard].hasCandidates(owner, on: day) {
                return "it has \(tally.text(settings.rules.currency)) on \(day), but no order counts there"
            }
        }
        return nil
    }
}
