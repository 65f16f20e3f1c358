internal import Redis
internal import SalesRules

extension Catalogs {
    /// The most targets that one posting may change. It is less than a page of changes, so that a page always has at
    /// least one whole revision.
    package static let maximumChanges = 1_000

    /// Applies what changed in Redis since this revision. If Redis holds another view, everything is read again.
    package mutating func refresh(from link: some RedisLink, keys: KeySpace) async throws(LedgerError) {
        while true {
            let values = try await link.replies(
                to: RedisCommand("MGET", keys.view(shard: 0), keys.revision(shard: 0))
            )[0].elements("MGET")
            guard values.count == 2 else { throw .unexpectedReply("MGET") }
            let view = try values[0].view()
            let current = try values[1].number("revision") ?? 0
            if view != self.view || current < revision { self = Catalogs(view: view) }
            if current == revision { return }
            try await readPage(from: link, keys: keys)
        }
    }

    private mutating func readPage(from link: some RedisLink, keys: KeySpace) async throws(LedgerError) {
        let limit = 2 * Self.maximumChanges + 1
        let reply = try await link.replies(
            to: RedisCommand(
                "ZRANGEBYSCORE",
                keys.targetChanges,
                "(\(revision)",
                "+inf",
                "WITHSCORES",
                "LIMIT",
                "0",
                String(limit)
            )
        )[0]
        var changes = try Self.changes(in: reply, keys: keys)
        guard let last = changes.last else { return }
        // The last revision of a full page may be incomplete.
        if changes.count == limit { changes.removeAll { $0.revision == last.revision } }
        guard let upTo = changes.last?.revision else { throw .unexpectedReply("ZRANGEBYSCORE") }
        var read = RedisCommand("HMGET")
        read.append(keys.targets)
        for change in changes { read.append(change.target.description) }
        let records = try (try await link.replies(to: read)[0]).elements("HMGET")
        for (change, record) in zip(changes, records) {
            guard let bytes = try record.optionalBytes("HMGET") else { continue }
            let record = try reading("target \(change.target)") { () throws(CorruptRecord) in
                try CatalogRecord.decode(bytes, id: change.target.id)
            }
            put(record, for: change.target)
        }
        revision = upTo
    }

    private static func changes(
        in reply: RedisValue,
        keys: KeySpace
    ) throws(LedgerError) -> [(target: TenantScoped, revision: Int64)] {
        var changes: [(target: TenantScoped, revision: Int64)] = []
        for (name, revision) in try reply.pairs("ZRANGEBYSCORE") {
            let name = String(decoding: try name.optionalBytes("ZRANGEBYSCORE") ?? [], as: UTF8.self)
            guard let target = TenantScoped(name) else {
                throw .corrupt(CorruptRecord(place: keys.targetChanges, reason: "the name of a target is not valid"))
            }
            changes.append((target, try revision.number("a target's revision") ?? 0))
        }
        return changes
    }
}
