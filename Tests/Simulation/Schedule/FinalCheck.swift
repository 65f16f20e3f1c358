import Events
import Ledger
import Log
import Model
import Redis
import SalesRules

/// Compares the contents of Redis after a schedule with the model's result for the log, without any code that posts.
struct FinalCheck {
    private let values: [String: Contents.Value]
    private let keys: KeySpace
    private let rules: Rules
    private let model: SalesModel
    private let sums: SumLimits

    init(_ world: World, _ model: SalesModel) {
        var values: [String: Contents.Value] = [:]
        for (key, value) in world.servers[world.primary].contents.values where key.database == 0 {
            values[String(decoding: key.name, as: UTF8.self)] = value
        }
        self.values = values
        keys = world.settings.keys
        rules = world.settings.rules
        self.model = model
        sums = world.settings.sums
    }

    /// The records that are not applied because of a sum.
    static func refused(_ world: World) -> Set<String> {
        var refused: Set<String> = []
        for (key, value) in world.servers[world.primary].contents.values {
            guard case .refused = world.settings.keys.place(of: String(decoding: key.name, as: UTF8.self))?.name,
                key.database == 0, case .set(let members) = value
            else { continue }
            for member in members { refused.insert(String(decoding: member, as: UTF8.self)) }
        }
        return refused
    }

    /// Whether every cursor is at the end of the log, and no backfill job is left.
    static func isApplied(_ world: World) -> Bool { rest(of: world).isEmpty }

    /// The cursors that are behind and the backfill jobs that are left.
    static func rest(of world: World) -> [String] {
        let keys = world.settings.keys
        let catalogTopics = TopicNames().catalog
        var names: [(name: String, key: String, end: Int64)] = []
        for (partition, end) in world.log.ends {
            for shard in 0..<(catalogTopics.contains(partition.topic) ? 1 : keys.shards) {
                names.append(("\(partition)", keys.cursor(partition, shard: shard), end))
            }
        }
        var read = RedisCommand("MGET", keys.view(shard: 0))
        for name in names { read.append(name.key) }
        let id = world.servers[world.primary].connect()
        defer { world.servers[world.primary].close(id) }
        guard
            let replies = try? world.servers[world.primary].run(
                RedisPipeline(read, RedisCommand("HGETALL", keys.backfills)),
                on: id
            ),
            case .array(let cursors) = replies[0], case .array(let jobs) = replies[1]
        else { return ["Redis does not answer"] }
        var rest: [String] = []
        for (name, value) in zip(names, cursors.dropFirst()) {
            let next = value.string.flatMap { try? Cursor(parsing: Array($0.utf8)) }?.next ?? 0
            if next < name.end { rest.append("\(name.key) is at \(next) of \(name.end)") }
        }
        for job in jobs { rest.append("counting \(job.string ?? "?")") }
        if rest.isEmpty { rest = owed(world) }
        return rest
    }

    /// The keys whose state is still to be written behind their last record.
    private static func owed(_ world: World) -> [String] {
        world.servers[world.primary].contents.values.compactMap { key, value in
            let name = String(decoding: key.name, as: UTF8.self)
            guard key.database == 0, case .owed = world.settings.keys.place(of: name)?.name else { return nil }
            return "\(name): \(value)"
        }
    }

    /// Compares the entries with those from a compacted log.
    func compactionDifferences(_ world: World) -> [String] {
        do {
            var entries: [TenantScoped: OrderEntry] = [:]
            for (key, value) in values {
                guard case .entry(let order) = keys.place(of: key)?.name, case .string(let bytes) = value else {
                    continue
                }
                entries[order] = try EntryCodec.decode(bytes[...], id: order.id, reporting: rules.currency)
            }
            let check = try CompactionCheck(world)
            return try check.differences(entries)
                + check.differences(
                    targets: records(keys.targets) { TenantScoped($0) },
                    people: people(),
                    preferences: records(keys.preferences) { TenantScoped($0) }
                )
        } catch {
            return ["\(error)"]
        }
    }

    private func records(_ key: String, _ parse: (String) -> TenantScoped?) throws -> [TenantScoped: [UInt8]] {
        guard case .hash(let fields) = values[key] else { return [:] }
        var records: [TenantScoped: [UInt8]] = [:]
        for (field, bytes) in fields {
            guard let name = parse(String(decoding: field, as: UTF8.self)) else {
                throw CorruptRecord(place: key, reason: "the name of a field is not valid")
            }
            records[name] = bytes
        }
        return records
    }

    private func people() throws -> [TenantScoped: [UInt8]] {
        var people: [TenantScoped: [UInt8]] = [:]
        for key in values.keys {
            guard case .people(let tenant) = keys.place(of: key)?.name else { continue }
            let own = try records(key) { Identifier($0).map { TenantScoped(tenant: tenant, id: $0) } }
            people.merge(own) { first, _ in first }
        }
        return people
    }

    /// The differences, one line each.
    var differences: [String] {
        do {
            return try History.tenants.flatMap { try differences(of: $0, model.figures(of: $0)) }
        } catch {
            return ["\(error)"]
        }
    }

    private func differences(of tenant: Identifier, _ figures: Figures) throws -> [String] {
        var differences: [String] = []
        func compare<Value: Equatable>(_ what: String, _ found: Value, _ expected: Value) {
            if found != expected { differences.append("\(tenant) \(what): \(found), not \(expected)") }
        }
        let days = try days(of: tenant)
        compare("days", days, Self.days(figures))
        for (day, sum) in days where keys.shards == 1 && sum.revenue.magnitude > sums.greatest.magnitude {
            differences.append("\(tenant) \(day) has passed the limit: \(sum)")
        }
        compare("orders by day", index(of: tenant), Self.index(figures))
        let targets = try targets(of: tenant)
        compare("targets", targets.keys.sorted(), figures.targets.map(\.id))
        for target in figures.targets {
            guard let record = targets[target.id], let found = record.target else { continue }
            compare("assignees of \(target.id)", found.assignees, target.assignees)
            compare("period of \(target.id)", found.period, target.period)
            compare("goal of \(target.id)", found.goal, target.goal)
            let credits = figures.assignees(of: target).reduce(Tally.zero) { $0 + $1.tally }
            if target.isShared {
                let key = TenantScoped(tenant: tenant, id: target.id)
                let expected = TallySum(credits - figures.result(of: target))
                compare("overlap of \(target.id)", try overlap(of: key, from: record.countsFrom), expected)
            }
        }
        return differences
    }

    private struct PersonDay: Hashable, CustomStringConvertible {
        /// Nil for everyone.
        let person: Identifier?
        let day: Day
        var description: String { "\(person?.rawValue ?? "*") \(day)" }
    }

    private static func days(_ figures: Figures) -> [PersonDay: TallySum] {
        var days: [PersonDay: TallySum] = [:]
        for sale in figures.sales {
            for (person, amount) in sale.credits {
                days[PersonDay(person: person, day: sale.day), default: .zero] += Tally(revenue: amount, orders: 1)
            }
            if let all = sale.contribution({ _ in true }) {
                days[PersonDay(person: nil, day: sale.day), default: .zero] += all
            }
        }
        return days.filter { $0.value != .zero }
    }

    private func days(of tenant: Identifier) throws -> [PersonDay: TallySum] {
        var days: [PersonDay: TallySum] = [:]
        for (key, value) in values {
            guard case .days(let name) = keys.place(of: key)?.name, name.tenant == tenant,
                case .string(let bytes) = value
            else { continue }
            var tallies = Array(repeating: TallySum.zero, count: 366)
            PackedTallies.add(bytes, to: &tallies[...])
            guard let first = Day(year: name.year, month: 1, day: 1) else { continue }
            for (place, tally) in tallies.enumerated() where tally != .zero {
                guard let day = Day(number: first.number + place) else { continue }
                days[PersonDay(person: name.person, day: day), default: .zero] += tally
            }
        }
        return days.filter { $0.value != .zero }
    }

    private static func index(_ figures: Figures) -> [PersonDay: Set<Identifier>] {
        var index: [PersonDay: Set<Identifier>] = [:]
        for sale in figures.sales {
            for person in sale.credits.keys {
                index[PersonDay(person: person, day: sale.day), default: []].insert(sale.order)
            }
        }
        return index
    }

    private func index(of tenant: Identifier) -> [PersonDay: Set<Identifier>] {
        var index: [PersonDay: Set<Identifier>] = [:]
        for (key, value) in values {
            guard case .index(let owner, let person, let day) = keys.place(of: key)?.name, owner == tenant,
                case .hash(let fields) = value
            else { continue }
            for name in fields.keys {
                guard let order = Identifier(String(decoding: name, as: UTF8.self)) else { continue }
                index[PersonDay(person: person, day: day), default: []].insert(order)
            }
        }
        return index
    }

    private func targets(of tenant: Identifier) throws -> [Identifier: CatalogRecord] {
        guard case .hash(let fields) = values[keys.targets] else { return [:] }
        var targets: [Identifier: CatalogRecord] = [:]
        for (name, bytes) in fields {
            guard let key = TenantScoped(String(decoding: name, as: UTF8.self)), key.tenant == tenant else { continue }
            let record = try CatalogRecord.decode(bytes, id: key.id)
            if record.target != nil { targets[key.id] = record }
        }
        return targets
    }

    private func overlap(of target: TenantScoped, from revision: Int64) throws -> TallySum {
        var sum = TallySum.zero
        for shard in 0..<keys.shards {
            if case .string(let bytes) = values[keys.overlap(target, revision: revision, shard: shard)] {
                sum += PackedTallies.overlap(bytes)
            }
        }
        return sum
    }
}
