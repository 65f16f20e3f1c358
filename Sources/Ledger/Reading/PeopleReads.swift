internal import Redis
package import SalesRules

extension LedgerReader {
    /// Every person of a tenant that an event has saved, by id.
    package func people(of tenant: Identifier) async throws(LedgerError) -> [Identifier: Person] {
        let reply = try await link.replies(to: RedisCommand("HGETALL", keys.people(of: tenant)))[0]
        var people: [Identifier: Person] = [:]
        for (id, bytes) in try reply.fields("the people of \(tenant)", { Identifier($0) }) {
            people[id] = try Self.person(bytes, TenantScoped(tenant: tenant, id: id))
        }
        return people
    }

    /// The people with these ids; an unknown person has the id as name.
    package func people(
        _ ids: some Collection<Identifier>,
        of tenant: Identifier
    ) async throws(LedgerError) -> [Identifier: Person] {
        if ids.isEmpty { return [:] }
        var command = RedisCommand("HMGET")
        command.append(keys.people(of: tenant))
        for id in ids { command.append(id.rawValue) }
        let values = try (try await link.replies(to: command)[0]).elements("HMGET")
        var people: [Identifier: Person] = [:]
        for (id, value) in zip(ids, values) {
            var person: Person?
            if let bytes = try value.optionalBytes("HMGET") {
                person = try Self.person(bytes, TenantScoped(tenant: tenant, id: id))
            }
            people[id] = person ?? Person(id: id, name: id.rawValue)
        }
        return people
    }

    /// What a person chose to see last, if anything.
    package func preference(of person: TenantScoped) async throws(LedgerError) -> Versioned<WidgetChoice> {
        let reply = try await link.replies(to: RedisCommand("HGET", keys.preferences, person.description))[0]
        guard let bytes = try reply.optionalBytes("HGET") else { return Versioned() }
        return try reading("the preferences of \(person)") { () throws(CorruptRecord) in
            try PersonCodec.decodeChoice(bytes)
        }
    }

    /// Nil for a person who was deleted.
    private static func person(_ bytes: [UInt8], _ key: TenantScoped) throws(LedgerError) -> Person? {
        var person = try reading("person \(key)") { () throws(CorruptRecord) in
            try PersonCodec.decode(bytes, id: key.id).value
        }
        if person?.name.isEmpty == true { person?.name = key.id.rawValue }
        return person
    }
}
