package import Log
package import SalesRules

/// What a key in Redis holds, read from its name: the inverse of ``KeySpace``.
package enum KeyName: Hashable, Sendable {
    case settings
    case view
    case highSums
    case refused
    case revision
    case revisionTokens
    case backfillProgress
    case cluster
    case targets
    case targetChanges
    case backfills
    case people(of: Identifier)
    case preferences
    case stopped
    /// The server's lists of sessions and links: they are not from the log.
    case signIn
    case cursor(TopicPartition)
    case owed(TopicPartition)
    case entry(TenantScoped)
    case days(DaysKey)
    case index(tenant: Identifier, person: Identifier, day: Day)
    case overlap(TenantScoped, revision: Int64)
    case allocation(TenantScoped)
}

extension KeySpace {
    /// A key with the tag of a shard.
    package struct Place: Hashable, Sendable {
        /// The shard in the tag.
        package let shard: Int
        /// What the key holds; nil where the ledger has no key of this name in this shard.
        package let name: KeyName?
    }

    /// Nil for a key of another program: its name does not begin with a shard's tag.
    package func place(of key: String) -> Place? {
        guard key.hasPrefix("{s"), let end = key.firstIndex(of: "}"), let shard = Int(key[..<end].dropFirst(2)),
            key[..<end] == "{s\(shard)", key[end...].hasPrefix("}:")
        else { return nil }
        guard shard >= 0, shard < shards, let name = name(String(key[end...].dropFirst(2))) else {
            return Place(shard: shard, name: nil)
        }
        switch name {
        case .cluster, .revision, .revisionTokens, .targets, .targetChanges, .backfills, .people, .preferences,
            .stopped, .signIn:
            return Place(shard: shard, name: shard == 0 ? name : nil)
        case .entry(let order):
            return Place(shard: shard, name: self.shard(of: order) == shard ? name : nil)
        default: return Place(shard: shard, name: name)
        }
    }

    private func name(_ text: String) -> KeyName? {
        switch text {
        case "settings": return .settings
        case "view": return .view
        case "high-sums": return .highSums
        case "refused": return .refused
        case "revision": return .revision
        case "revisions": return .revisionTokens
        case "backfill": return .backfillProgress
        case "cluster": return .cluster
        case "targets": return .targets
        case "target-changes": return .targetChanges
        case "counting": return .backfills
        case "preferences": return .preferences
        case "stopped": return .stopped
        case "ended-sessions", "used-links": return .signIn
        default: break
        }
        guard let kindEnd = text.firstIndex(of: ":") else { return nil }
        let rest = String(text[text.index(after: kindEnd)...])
        if text[..<kindEnd] == "o" { return TenantScoped(rest).map { .entry($0) } }
        if text[..<kindEnd] == "people" { return Identifier(rest).map { .people(of: $0) } }
        if text[..<kindEnd] == "a" { return TenantScoped(rest).map { .allocation($0) } }
        // Ids may contain colons, so the number is after the last colon. The ledger never writes 007 or +7.
        guard let numberStart = rest.lastIndex(of: ":"),
            let number = Int64(rest[rest.index(after: numberStart)...]),
            rest[numberStart...] == ":\(number)"
        else { return nil }
        let owner = String(rest[..<numberStart])
        switch text[..<kindEnd] {
        case "cursor":
            return Int32(exactly: number).map { .cursor(TopicPartition(topic: owner, partition: $0)) }
        case "owed":
            return Int32(exactly: number).map { .owed(TopicPartition(topic: owner, partition: $0)) }
        case "d":
            guard Day.years.contains(Int(number)) else { return nil }
            if owner.hasSuffix("/*"), let tenant = Identifier(owner.dropLast(2)) {
                return .days(DaysKey(tenant: tenant, person: nil, year: Int(number)))
            }
            return TenantScoped(owner).map { .days(DaysKey(tenant: $0.tenant, person: $0.id, year: Int(number))) }
        case "i":
            guard let person = TenantScoped(owner), let day = Day(number: Int(number)) else { return nil }
            return .index(tenant: person.tenant, person: person.id, day: day)
        case "v": return TenantScoped(owner).map { .overlap($0, revision: number) }
        default: return nil
        }
    }
}
