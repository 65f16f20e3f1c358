internal import Redis
package import SalesRules

/// Reads the numbers: of each question, all parts as they stand at one moment, with the catalog of that moment.
package actor LedgerReader {
    nonisolated let link: any RedisLink
    nonisolated let settings: LedgerSettings
    nonisolated let keys: KeySpace
    private var catalogs = Catalogs()
    /// Everyone's month goals, which take every target to work out; good for the catalog as it stands.
    private var goalsOfAll: [GoalsKey: [Int64]] = [:]

    private struct GoalsKey: Hashable {
        let tenant: Identifier
        let year: Int
        let measure: Measure
    }

    /// A reader over a client that reconnects.
    package init(link: any RedisLink, settings: LedgerSettings) {
        self.link = link
        self.settings = settings
        keys = settings.keys
    }

    /// What an order counts for under the settings.
    package nonisolated var rules: Rules { settings.rules }

    /// The channels on which it is announced that something else is to be read (``Announcement``).
    package nonisolated var changes: [String] { (0..<keys.shards).map { keys.changes(shard: $0) } }

    /// The targets of a tenant as they stand now.
    package func catalog(of tenant: Identifier) async throws(LedgerError) -> Catalog {
        try await read(tenant: tenant) { (_) throws(LedgerError) in [] }.catalog
    }

    /// Runs commands that `make` derives from a tenant's catalog; again, when the catalog changed before they ran.
    func read(
        tenant: Identifier,
        _ make: @Sendable (Catalog) throws(LedgerError) -> [RedisCommand]
    ) async throws(LedgerError) -> (catalog: Catalog, replies: [RedisValue]) {
        for _ in 0..<20 {
            let catalogs = self.catalogs
            let commands = try make(catalogs[tenant])
            let fixed = RedisCommand("MGET", keys.view(shard: 0), keys.revision(shard: 0), keys.settings(shard: 0))
            let replies = try await link.snapshot([fixed] + commands)
            let state = try replies[0].elements("MGET")
            guard state.count == 3 else { throw .unexpectedReply("MGET") }
            try settings.check(kept: try state[2].optionalBytes("settings"))
            let view = try OrderReads.view(state[0])
            if view == catalogs.view, try integer(state[1], missing: 0, "revision") == catalogs.revision {
                return (catalogs[tenant], Array(replies.dropFirst(1)))
            }
            try await refresh()
        }
        throw .catalogMoved
    }

    /// Everyone's month goals in the catalog as this reader last knew it.
    func monthGoalsOfAll(tenant: Identifier, year: Int, measure: Measure) -> [Int64] {
        let key = GoalsKey(tenant: tenant, year: year, measure: measure)
        if let goals = goalsOfAll[key] { return goals }
        let goals = catalogs[tenant].monthGoalsOfAll(year: year, measure: measure)
        goalsOfAll[key] = goals
        return goals
    }

    private func refresh() async throws(LedgerError) {
        var catalogs = self.catalogs
        try await catalogs.refresh(from: link, keys: keys)
        if catalogs.revision != self.catalogs.revision || catalogs.view != self.catalogs.view { goalsOfAll = [:] }
        self.catalogs = catalogs
    }
}

extension LedgerReader {
    /// Everyone of a tenant whom the log has named, by id.
    package func people(of tenant: Identifier) async throws(LedgerError) -> [Identifier: Person] {
        let values = try (try await link.replies(to: RedisCommand("HGETALL", keys.people))[0]).elements("HGETALL")
        var people: [Identifier: Person] = [:]
        for index in stride(from: 0, to: values.count - 1, by: 2) {
            let name = String(decoding: try values[index].optionalBytes("HGETALL") ?? [], as: UTF8.self)
            guard let key = TenantScoped(name), key.tenant == tenant else { continue }
            people[key.id] = try Self.person(values[index + 1], key)
        }
        return people
    }

    /// The people of these ids; who is not known goes by their id.
    package func people(
        _ ids: some Collection<Identifier>,
        of tenant: Identifier
    ) async throws(LedgerError) -> [Identifier: Person] {
        if ids.isEmpty { return [:] }
        var command = RedisCommand("HMGET")
        command.append(keys.people)
        for id in ids { command.append(TenantScoped(tenant: tenant, id: id).description) }
        let values = try (try await link.replies(to: command)[0]).elements("HMGET")
        var people: [Identifier: Person] = [:]
        for (id, value) in zip(ids, values) {
            people[id] =
                try Self.person(value, TenantScoped(tenant: tenant, id: id)) ?? Person(id: id, name: id.rawValue)
        }
        return people
    }

    /// What a viewer last chose to see.
    package func preference(of person: TenantScoped) async throws(LedgerError) -> WidgetChoice {
        let reply = try await link.replies(to: RedisCommand("HGET", keys.preferences, person.description))[0]
        guard let bytes = try reply.optionalBytes("HGET") else { return WidgetChoice() }
        return try reading("the preferences of \(person)") { () throws(CorruptRecord) in
            try PersonCodec.decodeChoice(bytes).choice
        }
    }

    private static func person(_ value: RedisValue, _ key: TenantScoped) throws(LedgerError) -> Person? {
        guard let bytes = try value.optionalBytes("HMGET") else { return nil }
        var person = try reading("person \(key)") { () throws(CorruptRecord) in
            try PersonCodec.decode(bytes, id: key.id)
        }
        if person.name.isEmpty { person.name = key.id.rawValue }
        return person
    }
}
