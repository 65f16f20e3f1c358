internal import Redis
internal import SalesRules

extension Catalogs {
    /// The most targets that one posting may change. It is less than a page of changes, so that a page always has at
    /// least one whole revision.
    package static let maximumChanges = 1_000

    /// Applies what changed in Redis since this revision. If Redis holds another view, or has gone back to older data,
    /// everything is read again.
    /// - Throws: ``LedgerError/corrupt(_:)`` where Redis has no changes up to its revision.
    package mutating func refresh(from link: some RedisLink, keys: KeySpace) async throws(LedgerError) {
        // What was read so far belongs to the history of `known`, and has all changes up to the number `read`.
        var known = revision
        var read = revision.number
        while true {
            let page = try await ChangesPage.read(after: read, known: known, from: link, keys: keys)
            if page.view != view || !page.isHistory(of: known) {
                self = Catalogs(view: page.view)
                (known, read) = (.none, 0)
                // The page begins after what is forgotten.
                if page.after != 0 { continue }
            }
            known = page.revision
            if read < known.number {
                guard let last = page.changes.last else {
                    throw .corrupt(
                        CorruptRecord(
                            place: keys.targetChanges,
                            reason:
                                "the catalog is at revision \(known.number), but the changes after revision \(read) "
                                + "are missing: run `salestargets rebuild`"
                        )
                    )
                }
                try await apply(page.changes, from: link, keys: keys)
                read = last.revision
            }
            // The records of a page are read later than the page, so they may be newer than its revision.
            if read == known.number, page.changes.isEmpty {
                revision = known
                return
            }
        }
    }

    private mutating func apply(
        _ changes: [ChangesPage.Change],
        from link: some RedisLink,
        keys: KeySpace
    ) async throws(LedgerError) {
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
    }
}
