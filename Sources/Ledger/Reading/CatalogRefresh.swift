internal import Redis
internal import SalesRules

/// Reads the targets of all tenants, a page of changes at a time.
struct CatalogRefresh: Sendable {
    /// The targets that were read. Those of a page are read later than the page, so they may be newer than `read` says.
    private(set) var catalogs: Catalogs
    /// What was read belongs to the history of this revision.
    private(set) var known: CatalogRevision
    /// All changes up to this revision were read.
    private(set) var read: Int64
    /// How far the reading of a whole catalog is; nil once it was read.
    private(set) var loading: CatalogLoading?

    /// The most targets that are read with one command: each has up to 1,000 assignees.
    private static let recordLimit = 250

    enum Step {
        /// There were more changes than one page has.
        case behind
        /// All changes that there were are applied.
        case caughtUp
        /// There were no changes.
        case unchanged
    }

    /// Continues where these catalogs are.
    init(_ catalogs: Catalogs) {
        self.catalogs = catalogs
        known = catalogs.revision
        read = catalogs.revision.number
        if catalogs.view == nil { loading = CatalogLoading() }
    }

    /// Applies the next page of changes. If Redis holds another view, or has gone back to older data, everything is read
    /// again.
    /// - Throws: ``LedgerError/corrupt(_:)`` where the changes in Redis do not end at its revision.
    mutating func step(from link: some RedisLink, keys: KeySpace) async throws(LedgerError) -> Step {
        let page = try await ChangesPage.read(after: read, known: known, from: link, keys: keys)
        if page.view != catalogs.view || !page.isHistory(of: known) {
            self = CatalogRefresh(Catalogs(view: page.view))
            loading = CatalogLoading(read: 0, count: page.count)
            // The page begins after what is forgotten.
            if page.after != 0 { return .behind }
        }
        try page.check(keys: keys)
        known = page.revision
        try await apply(page.changes, from: link, keys: keys)
        read = page.changes.last?.revision ?? read
        loading?.read += page.changes.count
        loading?.count = page.count
        if !page.isLast { return .behind }
        loading = nil
        if !page.changes.isEmpty { return .caughtUp }
        catalogs.revision = known
        return .unchanged
    }

    /// Whether these are the targets of all tenants at this revision.
    func isCurrent(_ view: ViewStamp?, _ revision: CatalogRevision) -> Bool {
        view == catalogs.view && revision == known && read == known.number
    }

    /// Whether a page that was read after ``read`` has no change of a tenant's targets.
    /// - Throws: ``LedgerError/corrupt(_:)`` where the changes in Redis do not end at its revision.
    func hasAll(of tenant: Identifier, as page: ChangesPage, keys: KeySpace) throws(LedgerError) -> Bool {
        guard page.view == catalogs.view, page.isHistory(of: known) else { return false }
        try page.check(keys: keys)
        return page.isLast && !page.changes.contains { $0.target.tenant == tenant }
    }

    private mutating func apply(
        _ changes: [ChangesPage.Change],
        from link: some RedisLink,
        keys: KeySpace
    ) async throws(LedgerError) {
        var rest = changes[...]
        while !rest.isEmpty {
            let part = rest.prefix(Self.recordLimit)
            rest = rest.dropFirst(part.count)
            var read = RedisCommand("HMGET")
            read.append(keys.targets)
            for change in part { read.append(change.target.description) }
            let records = try (try await link.replies(to: read)[0]).elements("HMGET")
            for (change, record) in zip(part, records) {
                guard let bytes = try record.optionalBytes("HMGET") else { continue }
                let record = try reading("target \(change.target)") { () throws(CorruptRecord) in
                    try CatalogRecord.decode(bytes, id: change.target.id)
                }
                catalogs.put(record, for: change.target)
            }
        }
        catalogs.noteChange(of: Set(changes.map(\.target.tenant)))
    }
}

/// How far the first reading of all targets is.
package struct CatalogLoading: Sendable {
    /// The targets that were read.
    package internal(set) var read: Int
    /// The targets that there are, deleted ones too; zero before it is known.
    package internal(set) var count: Int

    /// None of an unknown number, unless told otherwise.
    package init(read: Int = 0, count: Int = 0) {
        self.read = read
        self.count = count
    }
}

extension Catalogs {
    /// The most targets that one posting may change. It is less than a page of changes, so that a page always has at
    /// least one whole revision.
    package static let maximumChanges = 1_000

    /// Applies what changed in Redis since this revision. If Redis holds another view, or has gone back to older data,
    /// everything is read again.
    /// - Throws: ``LedgerError/corrupt(_:)`` where the changes in Redis do not end at its revision.
    package mutating func refresh(from link: some RedisLink, keys: KeySpace) async throws(LedgerError) {
        var refresh = CatalogRefresh(self)
        // Nothing else has these targets now, so that they are changed in place.
        self = Catalogs()
        defer { self = refresh.catalogs }
        while try await refresh.step(from: link, keys: keys) != .unchanged {}
    }
}
