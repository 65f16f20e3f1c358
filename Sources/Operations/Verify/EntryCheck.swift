package import Ledger
package import Redis
internal import SalesRules

/// Compares the entries of some orders with the log, and checks that each order is in the index of its own allocations.
package struct EntryCheck {
    private let shard: Int
    private let slots: Range<Int>
    private let orders: [TenantScoped]
    /// The allocations that are saved on their own, each with the place of its order in `orders`.
    private let allocations: [(place: Int, id: Identifier)]
    private let settings: LedgerSettings

    /// The number of entries that one check compares.
    package static let chunk = 500

    /// A comparison of the orders with these numbers in the fold.
    package init(_ slots: Range<Int>, of fold: LogFold, shard: Int, settings: LedgerSettings) throws {
        self.slots = slots
        self.shard = shard
        self.settings = settings
        let all = try slots.map { try fold.orders[shard][$0] }
        orders = all.map(\.order)
        allocations = all.enumerated().flatMap { place, one in
            one.entry.own.filter { $0.allocation != nil }.map { (place, $0.id) }
        }
    }

    /// The commands that read the entries and the index.
    package var commands: [RedisCommand] {
        var command = RedisCommand("MGET")
        for order in orders { settings.keys.append(entryOf: order, shard: shard, to: &command) }
        return [command]
            + allocations.map { place, id in
                RedisCommand("SISMEMBER", indexKey(of: id, place), orders[place].id.rawValue)
            }
    }

    private func indexKey(of allocation: Identifier, _ place: Int) -> String {
        settings.keys.allocation(TenantScoped(tenant: orders[place].tenant, id: allocation), shard: shard)
    }

    /// The differences. The fold must be at the cursors that were read with the replies.
    package func differences(
        _ replies: ArraySlice<RedisValue>,
        _ fold: LogFold,
        _ state: VerifySnapshot
    ) throws -> [Difference] {
        let values = try (replies.first ?? .null).elements("MGET")
        guard values.count == orders.count else { throw LedgerError.unexpectedReply("MGET") }
        var differences: [Difference] = []
        for ((slot, order), value) in zip(zip(slots, orders), values) {
            let expected = try fold.orders[shard][slot].entry
            guard let problem = problem(value, expected, order, state) else { continue }
            var text = problem
            if let place = fold.newestPlace(of: slot, shard: shard) {
                text += "; its last event in the log is at \(place.partition)"
                text += " offset \(place.offset)"
            }
            differences.append(
                Difference(.entry, settings.keys.entry(order, shard: shard), text, orders: [.init(order.id)])
            )
        }
        for ((place, id), reply) in zip(allocations, replies.dropFirst()) where reply != .integer(1) {
            // A live event may have deleted the allocation meanwhile.
            let entry = try fold.orders[shard][slots[slots.startIndex + place]].entry
            guard entry.own.contains(where: { $0.id == id && $0.allocation != nil }) else { continue }
            let problem =
                reply.wrongType
                ?? "order \(orders[place]) is missing, although its allocation \(id) is saved on its own"
            differences.append(.init(.index, indexKey(of: id, place), problem, orders: [.init(orders[place].id)]))
        }
        return differences
    }

    private func problem(
        _ value: RedisValue,
        _ expected: OrderEntry,
        _ order: TenantScoped,
        _ state: VerifySnapshot
    ) -> String? {
        guard case .bytes(let bytes) = value else {
            if value.isNull { return expected.remembersNothing ? nil : "there is no entry, but the log has the order" }
            return value.wrongType ?? "it is not a string"
        }
        let found: OrderEntry
        do throws(CorruptRecord) {
            found = try EntryCodec.decode(bytes[...], id: order.id, reporting: settings.rules.currency)
        } catch {
            return "it cannot be read: \(error.reason)"
        }
        let problems = Self.differing(found, expected) + revisionProblems(found, order.tenant, state)
        return problems.isEmpty ? nil : problems.joined(separator: ", ")
    }

    private func revisionProblems(_ found: OrderEntry, _ tenant: Identifier, _ state: VerifySnapshot) -> [String] {
        if found.revision > state.catalogs.revision.number {
            return [
                "it was derived under catalog revision \(found.revision), but the catalog is at \(state.catalogs.revision.number)"
            ]
        }
        guard let worth = settings.rules.worth(of: found), worth.credits.count > 1 else { return [] }
        var shared: [Identifier: (target: CatalogTarget, people: Int)] = [:]
        for credit in worth.credits {
            for target in state.catalogs[tenant].targets(of: credit.salesperson, in: worth.day.year)
            where target.revision > found.revision && target.target.period.contains(worth.day) {
                shared[target.target.id, default: (target, 0)].people += 1
            }
        }
        return shared.filter { id, target in
            target.people > 1 && state.jobs[TenantScoped(tenant: tenant, id: id)] == nil
        }.keys.sorted().map { "it was not derived again for target \($0)" }
    }

    private static func differing(_ found: OrderEntry, _ expected: OrderEntry) -> [String] {
        var problems: [String] = []
        func compare<Value: Equatable>(_ name: String, _ found: Value, _ expected: Value) {
            if found != expected { problems.append("\(name) is \(found), not \(expected)") }
        }
        func compare<Value: Equatable>(_ name: String, _ found: Value?, _ expected: Value?) {
            func text(_ value: Value?) -> String { value.map { "\($0)" } ?? "nothing" }
            if found != expected { problems.append("\(name) is \(text(found)), not \(text(expected))") }
        }
        compare("deleted", found.isDeleted, expected.isDeleted)
        compare("version", found.version, expected.version)
        // Compaction removes the save of a deleted order.
        if found.isDeleted, expected.isDeleted {
        } else if let found = found.order, let expected = expected.order {
            compare("owner", found.owner, expected.owner)
            compare("total", found.total, expected.total)
            compare("currency", found.currency, expected.currency)
            compare("exchangeRate", found.exchangeRate, expected.exchangeRate)
            compare("date", found.date, expected.date)
            compare("status", found.status, expected.status)
            compare("number", found.number, expected.number)
            compare("subject", found.subject, expected.subject)
            compare("account", found.account, expected.account)
        } else if (found.order == nil) != (expected.order == nil) {
            problems.append(
                found.order == nil
                    ? "the order itself is missing" : "Redis has the order, but in the log it was never saved"
            )
        }
        func texts(_ allocations: [Allocation]) -> String {
            "[" + allocations.map { "\($0.id) \($0.salesperson) \($0.limit)" }.joined(separator: ", ") + "]"
        }
        func texts(_ own: [OrderEntry.OwnAllocation]) -> String {
            "["
                + own.map { own in
                    let limit = own.allocation.map { "\($0.salesperson) \($0.limit)" } ?? "deleted"
                    return "\(own.id) \(limit)" + (own.version.map { " version \($0)" } ?? "")
                }.joined(separator: ", ") + "]"
        }
        if found.listed != expected.listed {
            problems.append("listed allocations are \(texts(found.listed)), not \(texts(expected.listed))")
        }
        if found.own != expected.own {
            problems.append("own allocations are \(texts(found.own)), not \(texts(expected.own))")
        }
        return problems
    }
}
