internal import Redis
package import SalesRules

/// Reads the numbers. The results of targets and the lines of the widget are read in one transaction, together with a
/// check that the catalog is current.
package struct LedgerReader: Sendable {
    let links: any ReadLinks
    let settings: LedgerSettings
    let keys: KeySpace
    private let cache = CatalogCache()

    /// A reader over links that reconnect.
    package init(links: any ReadLinks, settings: LedgerSettings) {
        self.links = links
        self.settings = settings
        keys = settings.keys
    }

    /// A reader of one server that has every shard.
    package init(link: any RedisLink, settings: LedgerSettings) {
        self.init(links: SingleServer<any RedisLink>(link), settings: settings)
    }

    /// The link that every read uses: to the server that has shard 0, where the catalog is.
    var link: any RedisLink { links.link(of: 0) }

    /// What an order is worth under the settings.
    package var rules: Rules { settings.rules }

    /// The channels of all shards, on which changes are announced (``Announcement``).
    package var changes: [String] { (0..<keys.shards).map { keys.changes(shard: $0) } }

    /// The targets of a tenant now.
    package func catalog(of tenant: Identifier) async throws(LedgerError) -> Catalog {
        try await read(of: tenant) { (_) throws(LedgerError) in [] }.catalogs[tenant]
    }

    /// How far the first reading of all targets is; nil once they were read.
    package var catalogLoading: CatalogLoading? { get async { await cache.loading } }

    /// Reads all targets, or what has changed of them, so that no read has to wait for it. Ends between two pages when
    /// the task is cancelled.
    package func loadCatalog() async throws(LedgerError) {
        while !Task.isCancelled, try await cache.advance(from: link, keys: keys) == .behind {}
    }

    /// Runs the commands that `make` derives from the catalogs, of which it may use this tenant's. If these changed before
    /// the commands ran, it makes and runs them again. Changes of other tenants' targets do not delay it.
    /// - Throws: ``LedgerError/loading(_:)`` when the targets are not read yet and it takes more than two seconds.
    func read(
        of tenant: Identifier,
        _ make: @Sendable (Catalogs) throws(LedgerError) -> [RedisCommand]
    ) async throws(LedgerError) -> (catalogs: Catalogs, replies: [RedisValue]) {
        let deadline = ContinuousClock.now + Self.loadingTime
        var readsChanges = false
        for _ in 0..<20 {
            let latest = await cache.latest
            let commands = try make(latest.catalogs)
            let fixed = RedisCommand("MGET", keys.view(shard: 0), keys.revision, keys.settings(shard: 0))
            let changes = readsChanges ? ChangesPage.commands(after: latest.read, known: latest.known, keys: keys) : []
            let replies = try await link.snapshot([fixed] + changes + commands)
            let state = try replies[0].elements("MGET")
            guard state.count == 3 else { throw .unexpectedReply("MGET") }
            try settings.check(stored: try state[2].optionalBytes("settings"))
            let view = try state[0].view()
            let isCurrent: Bool
            if readsChanges {
                let page = try ChangesPage(replies[1...4], after: latest.read, keys: keys)
                isCurrent = try latest.hasAll(of: tenant, as: page, keys: keys)
            } else {
                isCurrent = latest.isCurrent(view, try state[1].catalogRevision())
            }
            if isCurrent { return (latest.catalogs, Array(replies.dropFirst(1 + changes.count))) }
            if readsChanges || view != latest.catalogs.view { try await catchUp(before: deadline) }
            readsChanges = true
        }
        throw .catalogChanged
    }

    private static let loadingTime = Duration.seconds(2)

    private func catchUp(before deadline: ContinuousClock.Instant) async throws(LedgerError) {
        while try await cache.advance(from: link, keys: keys) == .behind {
            if ContinuousClock.now >= deadline { throw .loading(await cache.loading ?? CatalogLoading()) }
        }
    }

    /// The month goals of all salespeople together in these catalogs.
    func monthGoalsOfAll(_ key: CatalogCache.GoalsKey, in catalogs: Catalogs) async -> [Int64] {
        if let goals = await cache.goals(key, in: catalogs) { return goals }
        let goals = catalogs[key.tenant].monthGoalsOfAll(year: key.year, measure: key.measure)
        await cache.keep(goals, for: key, in: catalogs)
        return goals
    }
}
