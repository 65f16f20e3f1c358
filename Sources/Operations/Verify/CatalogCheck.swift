package import Ledger
package import Redis
package import SalesRules

/// Compares targets, people or preferences with the log.
package struct CatalogCheck {
    private let kind: Kind
    private let names: [TenantScoped]
    private let settings: LedgerSettings

    /// The number of records that one check compares.
    package static let chunk = 500

    /// What one hash holds.
    package enum Kind: Sendable {
        case targets
        case people(of: Identifier)
        case preferences
    }

    /// A comparison of the records with these names.
    package init(_ kind: Kind, _ names: [TenantScoped], settings: LedgerSettings) {
        self.kind = kind
        self.names = names
        self.settings = settings
    }

    /// The kinds that occur in the log.
    package static func kinds(in fold: LogFold) -> [Kind] {
        [.targets] + fold.catalog.people.keys.map { .people(of: $0) } + [.preferences]
    }

    /// The names that occur in the log.
    package static func names(_ kind: Kind, in fold: LogFold) -> [TenantScoped] {
        func people(_ tenant: Identifier) -> [TenantScoped] {
            fold.catalog.people[tenant, default: [:]].keys.map { TenantScoped(tenant: tenant, id: $0) }
        }
        return switch kind {
        case .targets: Array(fold.catalog.targets.keys)
        case .people(let tenant): people(tenant)
        case .preferences: fold.catalog.people.keys.flatMap(people)
        }
    }

    /// The key of the hash that holds the records.
    package static func key(_ kind: Kind, _ keys: KeySpace) -> String {
        switch kind {
        case .targets: keys.targets
        case .people(let tenant): keys.people(of: tenant)
        case .preferences: keys.preferences
        }
    }

    /// Reads the name of a field; nil where it is not valid.
    package static func name(_ kind: Kind, field: String) -> TenantScoped? {
        switch kind {
        case .people(let tenant): Identifier(field).map { TenantScoped(tenant: tenant, id: $0) }
        case .targets, .preferences: TenantScoped(field)
        }
    }

    private func field(_ name: TenantScoped) -> String {
        switch kind {
        case .people: name.id.rawValue
        case .targets, .preferences: name.description
        }
    }

    /// The commands that read the records.
    package var commands: [RedisCommand] {
        var command = RedisCommand("HMGET", Self.key(kind, settings.keys))
        for name in names { command.append(field(name)) }
        guard case .targets = kind else { return [command] }
        return [command] + names.map { RedisCommand("ZSCORE", settings.keys.targetChanges, $0.description) }
    }

    /// The differences. The fold must be at the cursors that were read with the replies.
    package func differences(
        _ replies: ArraySlice<RedisValue>,
        _ fold: LogFold,
        _ state: VerifySnapshot
    ) throws -> [Difference] {
        let key = Self.key(kind, settings.keys)
        guard let first = replies.first, case .array(let values) = first, values.count == names.count else {
            return [Difference(difference, key, replies.first?.wrongType ?? "it is not a hash")]
        }
        var differences: [Difference] = []
        for (place, (name, value)) in zip(names, values).enumerated() {
            var bytes: [UInt8]?
            if case .bytes(let found) = value { bytes = found }
            var problem: String?
            do throws(CorruptRecord) {
                problem = try self.problem(name, bytes, fold.catalog)
                if problem == nil, case .targets = kind, let bytes {
                    let score = replies[replies.startIndex + 1 + place]
                    problem = try changeProblem(bytes, name, score, state)
                }
            } catch {
                problem = "it cannot be read: \(error.reason)"
            }
            if let problem { differences.append(Difference(difference, "\(key) \(field(name))", problem)) }
        }
        return differences
    }

    private var difference: Difference.Kind {
        switch kind {
        case .targets: .target
        case .people: .person
        case .preferences: .preference
        }
    }

    private func problem(_ name: TenantScoped, _ bytes: [UInt8]?, _ fold: CatalogFold) throws(CorruptRecord) -> String?
    {
        switch kind {
        case .targets:
            let found = try bytes.map { (bytes) throws(CorruptRecord) in try CatalogRecord.decode(bytes, id: name.id) }
            let expected = fold.targets[name]
            return Self.compare(
                found.flatMap { Self.kept($0.target, $0.version) { Self.text($0, settings.rules.currency) } },
                expected.flatMap { Self.kept($0.value, $0.version) { Self.text($0, settings.rules.currency) } }
            )
        case .people:
            let found = try bytes.map { (bytes) throws(CorruptRecord) in try PersonCodec.decode(bytes, id: name.id) }
            func text(_ person: Person?) -> String { person.map { "\"\($0.name)\" \"\($0.email)\"" } ?? "deleted" }
            return Self.compare(
                found.flatMap { Self.kept($0.value, $0.version, text) },
                fold.people[name.tenant]?[name.id].flatMap { Self.kept($0.person.value, $0.person.version, text) }
            )
        case .preferences:
            let found = try bytes.map { (bytes) throws(CorruptRecord) in try PersonCodec.decodeChoice(bytes) }
            func text(_ choice: WidgetChoice?) -> String {
                choice == nil
                    ? "deleted"
                    : "year \(choice?.year ?? 0), salesperson \(choice?.salesperson?.rawValue ?? "-"), "
                        + "measure \(choice?.measure?.rawValue ?? "-")"
            }
            return Self.compare(
                found.flatMap { Self.kept($0.value, $0.version, text) },
                fold.people[name.tenant]?[name.id].flatMap {
                    Self.kept($0.preference.value, $0.preference.version, text)
                }
            )
        }
    }

    /// Nil where nothing has to be known of a record: it was deleted without a version, and Kafka removes the null value
    /// of a deletion after a while.
    private static func kept<Value>(
        _ value: Value?,
        _ version: RecordVersion?,
        _ text: (Value?) -> String
    ) -> (String, RecordVersion?)? {
        value == nil && version == nil ? nil : (text(value), version)
    }

    private static func compare(_ found: (String, RecordVersion?)?, _ expected: (String, RecordVersion?)?) -> String? {
        func text(_ side: (String, RecordVersion?)?) -> String {
            guard let side else { return "missing" }
            return side.0 + (side.1.map { ", version \($0)" } ?? "")
        }
        let (found, expected) = (text(found), text(expected))
        return found == expected ? nil : "in Redis it is \(found), but in the log it is \(expected)"
    }

    private static func text(_ target: Target?, _ currency: Currency) -> String {
        guard let target else { return "deleted" }
        let goal = target.measure == .revenue ? Money.text(target.goal, in: currency) : String(target.goal)
        return "\"\(target.name)\" \(target.measure.rawValue) \(goal) from \(target.period.start) to "
            + "\(target.period.end) of \(target.assignees.map(\.rawValue).joined(separator: ","))"
    }

    private func changeProblem(
        _ bytes: [UInt8],
        _ name: TenantScoped,
        _ score: RedisValue,
        _ state: VerifySnapshot
    ) throws(CorruptRecord) -> String? {
        let record = try CatalogRecord.decode(bytes, id: name.id)
        guard case .bytes(let digits) = score, let changed = Int64(String(decoding: digits, as: UTF8.self)) else {
            return "it is missing from \(settings.keys.targetChanges), so readers do not see it"
        }
        guard record.countsFrom <= changed, changed <= state.catalogs.revision.number else {
            return "it counts from revision \(record.countsFrom), was last changed at revision \(changed), and the "
                + "catalog is at revision \(state.catalogs.revision.number): no number may be above the next one"
        }
        return nil
    }
}
