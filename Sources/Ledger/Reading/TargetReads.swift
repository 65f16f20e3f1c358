internal import Redis
package import SalesRules

/// A target and its result.
package struct TargetResult: Sendable {
    /// The target.
    package let target: Target
    /// The target's result.
    package let realized: Tally
    /// What each assignee is credited with in the target's period, in the order of the target's assignees.
    package let assignees: [(person: Identifier, tally: Tally)]
    /// Whether a backfill of the target is not finished, so that some earlier orders may count more than once.
    package let isCounting: Bool
}

extension LedgerReader {
    /// The target with this id and its result; nil when there is none.
    package func target(_ id: Identifier, of tenant: Identifier) async throws(LedgerError) -> TargetResult? {
        try await targets(of: tenant) { catalog in catalog[id].map { [$0] } ?? [] }.first
    }

    /// The record of the target with this id, also of a deleted one; nil when no event of it was seen.
    package func targetRecord(_ id: Identifier, of tenant: Identifier) async throws(LedgerError) -> CatalogRecord? {
        let key = TenantScoped(tenant: tenant, id: id)
        let reply = try await link.replies(to: RedisCommand("HGET", keys.targets, key.description))[0]
        guard let bytes = try reply.optionalBytes("HGET") else { return nil }
        return try reading("target \(key)") { () throws(CorruptRecord) in try CatalogRecord.decode(bytes, id: id) }
    }

    /// The results of the targets that `choose` returns from the catalog, in the same order.
    package func targets(
        of tenant: Identifier,
        _ choose: @escaping @Sendable (Catalog) -> [CatalogTarget]
    ) async throws(LedgerError) -> [TargetResult] {
        let (catalogs, replies) = try await read(of: tenant) { [keys] (catalogs) throws(LedgerError) in
            TargetQuery(choose(catalogs[tenant]), tenant: tenant, keys: keys).commands
        }
        return try TargetQuery(choose(catalogs[tenant]), tenant: tenant, keys: keys).results(from: replies)
    }
}

/// The commands that read the results of some targets, and the decoding of their replies.
struct TargetQuery {
    private let targets: [CatalogTarget]
    private let tenant: Identifier
    private let keys: KeySpace

    init(_ targets: [CatalogTarget], tenant: Identifier, keys: KeySpace) {
        self.targets = targets
        self.tenant = tenant
        self.keys = keys
    }

    var commands: [RedisCommand] {
        targets.flatMap { entry in
            var commands = entry.target.assignees.flatMap { tallies(of: $0, in: entry.target.period) }
            if entry.target.isShared {
                commands += (0..<keys.shards).map { PackedTallies.readOverlap(key: overlapKey(entry, shard: $0)) }
                commands.append(RedisCommand("HEXISTS", keys.backfills, name(entry).description))
            }
            return commands
        }
    }

    func results(from replies: [RedisValue]) throws(LedgerError) -> [TargetResult] {
        var replies = replies[...]
        var results: [TargetResult] = []
        for entry in targets {
            var realized = TallySum.zero
            var assignees: [(person: Identifier, tally: Tally)] = []
            for person in entry.target.assignees {
                let count = tallies(of: person, in: entry.target.period).count
                let sum = try sum(of: count, from: &replies, PackedTallies.sum)
                assignees.append((person, sum.tally))
                realized += sum
            }
            var isCounting = false
            if entry.target.isShared {
                realized -= try sum(of: keys.shards, from: &replies, PackedTallies.overlap)
                isCounting = replies.popFirst() == .integer(1)
            }
            results.append(
                TargetResult(
                    target: entry.target,
                    realized: realized.tally,
                    assignees: assignees,
                    isCounting: isCounting
                )
            )
        }
        return results
    }

    private func name(_ entry: CatalogTarget) -> TenantScoped {
        TenantScoped(tenant: tenant, id: entry.target.id)
    }

    private func overlapKey(_ entry: CatalogTarget, shard: Int) -> String {
        keys.overlap(name(entry), revision: entry.revision, shard: shard)
    }

    private func tallies(of person: Identifier, in period: Period) -> [RedisCommand] {
        PersonDays.parts(tenant: tenant, person: person, period: period).flatMap { part in
            (0..<keys.shards).map { PackedTallies.read(key: keys.days(part.key, shard: $0), part.places) }
        }
    }

    private func sum(
        of count: Int,
        from replies: inout ArraySlice<RedisValue>,
        _ decode: ([UInt8]) -> TallySum
    ) throws(LedgerError) -> TallySum {
        var sum = TallySum.zero
        for _ in 0..<count {
            guard let reply = replies.popFirst() else { throw .unexpectedReply("EXEC") }
            sum += decode(try reply.optionalBytes("GETRANGE") ?? [])
        }
        return sum
    }
}
