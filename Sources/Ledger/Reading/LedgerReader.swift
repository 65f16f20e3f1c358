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
        try await read { (_) throws(LedgerError) in [] }.catalogs[tenant]
    }

    /// Runs the commands that `make` derives from the catalogs. If the catalogs changed before the commands ran, it
    /// makes and runs them again.
    func read(
        _ make: @Sendable (Catalogs) throws(LedgerError) -> [RedisCommand]
    ) async throws(LedgerError) -> (catalogs: Catalogs, replies: [RedisValue]) {
        for _ in 0..<20 {
            let catalogs = await cache.catalogs
            let commands = try make(catalogs)
            let fixed = RedisCommand("MGET", keys.view(shard: 0), keys.revision, keys.settings(shard: 0))
            let replies = try await link.snapshot([fixed] + commands)
            let state = try replies[0].elements("MGET")
            guard state.count == 3 else { throw .unexpectedReply("MGET") }
            try settings.check(stored: try state[2].optionalBytes("settings"))
            if try state[0].view() == catalogs.view, try state[1].catalogRevision() == catalogs.revision {
                return (catalogs, Array(replies.dropFirst(1)))
            }
            try await cache.refresh(from: link, keys: keys)
        }
        throw .catalogChanged
    }

    /// The month goals of all salespeople together in these catalogs.
    func monthGoalsOfAll(_ key: CatalogCache.GoalsKey, in catalogs: Catalogs) async -> [Int64] {
        if let goals = await cache.goals(key, in: catalogs) { return goals }
        let goals = catalogs[key.tenant].monthGoalsOfAll(year: key.year, measure: key.measure)
        await cache.keep(goals, for: key, in: catalogs)
        return goals
    }
}

/// Caches the catalogs, and what is expensive to compute from them, for all reads of one server.
actor CatalogCache {
    private(set) var catalogs = Catalogs()
    private var goalsOfAll: [GoalsKey: [Int64]] = [:]

    struct GoalsKey: Hashable {
        let tenant: Identifier
        let year: Int
        let measure: Measure
    }

    func refresh(from link: any RedisLink, keys: KeySpace) async throws(LedgerError) {
        var catalogs = self.catalogs
        try await catalogs.refresh(from: link, keys: keys)
        if !isCurrent(catalogs) { goalsOfAll = [:] }
        self.catalogs = catalogs
    }

    func goals(_ key: GoalsKey, in catalogs: Catalogs) -> [Int64]? {
        isCurrent(catalogs) ? goalsOfAll[key] : nil
    }

    func keep(_ goals: [Int64], for key: GoalsKey, in catalogs: Catalogs) {
        if isCurrent(catalogs) { goalsOfAll[key] = goals }
    }

    private func isCurrent(_ other: Catalogs) -> Bool {
        other.revision == catalogs.revision && other.view == catalogs.view
    }
}
