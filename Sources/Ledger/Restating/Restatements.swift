package import Log
internal import Redis
package import SalesRules

/// The records that are owed to a log: which, and their present state.
package struct Restatements: Sendable {
    /// The most records of one partition and shard that are restated at once.
    package static let limit = 100

    private let settings: LedgerSettings
    private let keys: KeySpace

    /// The records owed in a ledger with these settings.
    package init(_ settings: LedgerSettings) {
        self.settings = settings
        keys = settings.keys
    }

    /// A record to write.
    package struct Restatement: Sendable {
        /// The partition and key that it is owed to.
        package let partition: TopicPartition
        /// The key.
        package let key: [UInt8]
        /// The present state; it is marked as restated.
        package let event: Event
    }

    /// Which of these partitions are owed records in one shard.
    package nonisolated(nonsending) func areOwed(
        _ partitions: [TopicPartition],
        shard: Int,
        over link: any RedisLink
    ) async throws(LedgerError) -> Set<TopicPartition> {
        if partitions.isEmpty { return [] }
        var pipeline = RedisPipeline()
        for partition in partitions { pipeline.append(RedisCommand("EXISTS", keys.owed(partition, shard: shard))) }
        let replies = try await link.replies(to: pipeline)
        return Set(zip(partitions, replies).filter { $1 != .integer(0) }.map { $0.0 })
    }

    /// The records owed to a partition in one shard, at most ``limit``.
    package nonisolated(nonsending) func owed(
        to partition: TopicPartition,
        shard: Int,
        over link: any RedisLink
    ) async throws(LedgerError) -> [Restatement] {
        let command = RedisCommand("SRANDMEMBER", keys.owed(partition, shard: shard), String(Self.limit))
        var owed: [OwedKey] = []
        for member in try (try await link.replies(to: command)[0]).elements("SRANDMEMBER") {
            let bytes = try member.optionalBytes("SRANDMEMBER") ?? []
            owed.append(
                try reading("a record owed to \(partition)") { () throws(CorruptRecord) in
                    try OwedKey(parsing: bytes)
                }
            )
        }
        if owed.isEmpty { return [] }
        var pipeline = RedisPipeline()
        for key in owed { pipeline.append(read(key.name, shard: shard)) }
        let values = try await link.replies(to: pipeline)
        var restatements: [Restatement] = []
        for (key, value) in zip(owed, values) {
            let bytes = try value.optionalBytes("a record")
            guard
                let event = try bytes.map({ (bytes) throws(LedgerError) in try event(key.name, bytes) })
                    ?? deletion(key.name)
            else { continue }
            restatements.append(Restatement(partition: partition, key: key.key, event: event))
        }
        return restatements
    }

    private func read(_ name: OwedKey.Name, shard: Int) -> RedisCommand {
        switch name {
        case .order(let order, _): RedisCommand("GET", keys.entry(order, shard: shard))
        case .target(let target): RedisCommand("HGET", keys.targets, target.description)
        case .person(let person): RedisCommand("HGET", keys.people(of: person.tenant), person.id.rawValue)
        case .preference(let person): RedisCommand("HGET", keys.preferences, person.description)
        }
    }

    /// Nothing is kept of a person who was deleted without a version.
    private func deletion(_ name: OwedKey.Name) -> Event? {
        switch name {
        case .order, .target: nil
        case .person(let person):
            Event(tenant: person.tenant, .person(person.id, .deleted(version: nil)), isRestated: true)
        case .preference(let person):
            Event(tenant: person.tenant, .person(person.id, .preferenceDeleted(version: nil)), isRestated: true)
        }
    }

    private func event(_ name: OwedKey.Name, _ bytes: [UInt8]) throws(LedgerError) -> Event? {
        switch name {
        case .order(let order, let part):
            let entry = try RedisValue.bytes(bytes).entry(of: order, reporting: settings.rules.currency)
            return entry.restatement(of: part).map {
                Event(tenant: order.tenant, .order(order.id, $0), isRestated: true)
            }
        case .target(let target):
            let record = try reading("target \(target)") { () throws(CorruptRecord) in
                try CatalogRecord.decode(bytes, id: target.id)
            }
            let change = record.target.map { TargetChange.saved($0.with(version: record.version)) }
            return Event(
                tenant: target.tenant,
                .target(target.id, change ?? .deleted(version: record.version)),
                isRestated: true
            )
        case .person(let person):
            let known = try reading("person \(person)") { () throws(CorruptRecord) in
                try PersonCodec.decode(bytes, id: person.id)
            }
            let change = known.value.map { PersonChange.saved($0) } ?? .deleted(version: known.version)
            return Event(tenant: person.tenant, .person(person.id, change), isRestated: true)
        case .preference(let person):
            let known = try reading("the preferences of \(person)") { () throws(CorruptRecord) in
                try PersonCodec.decodeChoice(bytes)
            }
            let change =
                known.value.map { PersonChange.preferred($0, version: known.version) }
                ?? .preferenceDeleted(version: known.version)
            return Event(tenant: person.tenant, .person(person.id, change), isRestated: true)
        }
    }
}
