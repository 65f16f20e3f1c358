internal import Redis
internal import SalesRules

/// The next changes of targets after a revision, and the state of Redis at the same moment.
struct ChangesPage {
    /// The view that Redis holds; nil where it has no stamp.
    let view: ViewStamp?
    /// The catalog revision.
    let revision: CatalogRevision
    /// The number after which the changes begin.
    let after: Int64
    /// The changes, by revision; all those of a revision or none. Empty only if there are no more.
    private(set) var changes: [Change]
    /// The token that Redis has for the revision that the caller knows.
    private let knownToken: UInt64?

    struct Change {
        let target: TenantScoped
        let revision: Int64
    }

    private static let limit = 2 * Catalogs.maximumChanges + 1

    /// Reads a page, as of one moment.
    /// - Parameter known: a revision whose history the caller has read.
    static func read(
        after: Int64,
        known: CatalogRevision,
        from link: some RedisLink,
        keys: KeySpace
    ) async throws(LedgerError) -> ChangesPage {
        let replies = try await link.snapshot([
            RedisCommand("MGET", keys.view(shard: 0), keys.revision),
            RedisCommand("HGET", keys.revisionTokens, String(known.number)),
            RedisCommand(
                "ZRANGEBYSCORE",
                keys.targetChanges,
                "(\(after)",
                "+inf",
                "WITHSCORES",
                "LIMIT",
                "0",
                String(limit)
            ),
        ])
        let values = try replies[0].elements("MGET")
        guard values.count == 2 else { throw .unexpectedReply("MGET") }
        let token = try replies[1].optionalBytes("HGET").map { String(decoding: $0, as: UTF8.self) }
        return ChangesPage(
            view: try values[0].view(),
            revision: try values[1].catalogRevision(),
            after: after,
            changes: try changes(in: replies[2], keys: keys),
            knownToken: token.flatMap { UInt64($0) }
        )
    }

    /// Whether what was read up to this revision is a part of the history of the present data.
    func isHistory(of known: CatalogRevision) -> Bool {
        known == .none || known == revision || known.number < revision.number && known.token == knownToken
    }

    private static func changes(in reply: RedisValue, keys: KeySpace) throws(LedgerError) -> [Change] {
        func corrupt(_ reason: String) -> LedgerError {
            .corrupt(CorruptRecord(place: keys.targetChanges, reason: reason))
        }
        var changes: [Change] = []
        for (name, revision) in try reply.pairs("ZRANGEBYSCORE") {
            let name = String(decoding: try name.optionalBytes("ZRANGEBYSCORE") ?? [], as: UTF8.self)
            guard let target = TenantScoped(name) else { throw corrupt("the name of a target is not valid") }
            changes.append(Change(target: target, revision: try revision.number("a target's revision") ?? 0))
        }
        // The last revision of a full page may be incomplete.
        if changes.count == limit, let last = changes.last {
            changes.removeAll { $0.revision == last.revision }
            if changes.isEmpty { throw corrupt("one revision has more changes than a posting makes") }
        }
        return changes
    }
}
