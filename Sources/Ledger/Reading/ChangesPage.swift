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
    /// How many targets there are, deleted ones too.
    let count: Int
    /// The changes, by revision; all those of a revision or none. Empty only if there are no more.
    let changes: [Change]
    /// Whether there are no more changes than these.
    let isLast: Bool
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
        let replies = try await link.snapshot(commands(after: after, known: known, keys: keys))
        return try ChangesPage(replies[...], after: after, keys: keys)
    }

    /// The commands that read a page; they are sent in one transaction.
    static func commands(after: Int64, known: CatalogRevision, keys: KeySpace) -> [RedisCommand] {
        [
            RedisCommand("MGET", keys.view(shard: 0), keys.revision),
            RedisCommand("HGET", keys.revisionTokens, String(known.number)),
            RedisCommand("HLEN", keys.targets),
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
        ]
    }

    /// Decodes the replies to ``commands(after:known:keys:)``.
    init(_ replies: ArraySlice<RedisValue>, after: Int64, keys: KeySpace) throws(LedgerError) {
        let first = replies.startIndex
        guard replies.count == 4 else { throw .unexpectedReply("EXEC") }
        let values = try replies[first].elements("MGET")
        guard values.count == 2 else { throw .unexpectedReply("MGET") }
        view = try values[0].view()
        revision = try values[1].catalogRevision()
        let token = try replies[first + 1].optionalBytes("HGET").map { String(decoding: $0, as: UTF8.self) }
        knownToken = token.flatMap { UInt64($0) }
        guard case .integer(let count) = replies[first + 2] else { throw .unexpectedReply("HLEN") }
        self.count = Int(clamping: count)
        self.after = after
        let changes = try Self.changes(in: replies[first + 3], keys: keys)
        isLast = changes.count < Self.limit
        self.changes = isLast ? changes : try Self.withoutLastRevision(changes, keys: keys)
    }

    /// - Throws: ``LedgerError/corrupt(_:)`` where the changes do not end at the revision.
    func check(keys: KeySpace) throws(LedgerError) {
        let end = changes.last?.revision ?? after
        if end < revision.number, isLast {
            throw Self.corrupt(
                "the catalog is at revision \(revision.number), but the changes after revision \(end) are missing: "
                    + "run `salestargets rebuild`",
                keys
            )
        }
        if end > revision.number {
            throw Self.corrupt(
                "the catalog is at revision \(revision.number), but there are changes of revision \(end): "
                    + "run `salestargets rebuild`",
                keys
            )
        }
    }

    /// Whether what was read up to this revision is a part of the history of the present data.
    func isHistory(of known: CatalogRevision) -> Bool {
        known == .none || known == revision || known.number < revision.number && known.token == knownToken
    }

    private static func changes(in reply: RedisValue, keys: KeySpace) throws(LedgerError) -> [Change] {
        var changes: [Change] = []
        for (name, revision) in try reply.pairs("ZRANGEBYSCORE") {
            let name = String(decoding: try name.optionalBytes("ZRANGEBYSCORE") ?? [], as: UTF8.self)
            guard let target = TenantScoped(name) else { throw corrupt("the name of a target is not valid", keys) }
            changes.append(Change(target: target, revision: try revision.number("a target's revision") ?? 0))
        }
        return changes
    }

    /// The last revision of a full page may be incomplete.
    private static func withoutLastRevision(
        _ changes: [Change],
        keys: KeySpace
    ) throws(LedgerError) -> [Change] {
        let whole = changes.filter { $0.revision != changes.last?.revision }
        if whole.isEmpty { throw corrupt("one revision has more changes than a posting makes", keys) }
        return whole
    }

    private static func corrupt(_ reason: String, _ keys: KeySpace) -> LedgerError {
        .corrupt(CorruptRecord(place: keys.targetChanges, reason: reason))
    }
}
