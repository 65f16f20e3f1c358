import Ledger
import Log
import Model
import SalesRules

extension Fuzz {
    /// Parses names of keys in Redis. The first byte chooses the number of shards.
    static let keys = FuzzTarget(
        name: "keys",
        run: { place($0) },
        seeds: {
            let keys = KeySpace(shards: 3)
            let order = TenantScoped(tenant: id("a:b"), id: id("SO:1-2"))
            let days = DaysKey(tenant: order.tenant, person: nil, year: 2026)
            let day = Day("2026-03-14")!
            let names = [
                keys.settings(shard: 2), keys.view(shard: 1), keys.revision, keys.cluster, keys.targets, keys.stopped,
                keys.highSums(shard: 2), keys.refused(shard: 1), keys.endedSessions, keys.usedLinks,
                keys.owed(TopicPartition(topic: "sales.orders", partition: 11), shard: 1),
                keys.revisionTokens, keys.backfillProgress(shard: 1),
                keys.targetChanges, keys.backfills, keys.people(of: order.tenant), keys.preferences,
                keys.cursor(TopicPartition(topic: "sales.orders", partition: 11), shard: 1),
                keys.entry(order, shard: keys.shard(of: order)), keys.days(days, shard: 1),
                keys.index(tenant: order.tenant, person: order.id, day: day, shard: 0),
                keys.overlap(order, revision: 12, shard: 2), keys.allocation(order, shard: 1), "other",
            ]
            return names.map { [1] + Array($0.utf8) }
        },
        words: [
            "{s0}:", "{s1}:", "{s2}:", "cursor:", "o:", "d:", "i:", "v:", "a:", "/*:", "people:", "settings", "view",
            "cluster",
        ]
    )

    private static let spaces = [KeySpace(), KeySpace(shards: 3), KeySpace(shards: 1_024)]

    /// A name that is parsed and built again is the same name.
    private static func place(_ input: Input) {
        var reader = InputReader(input)
        let keys = spaces[Int(reader.byte()) % spaces.count]
        guard let key = String(validating: reader.rest, as: UTF8.self), let place = keys.place(of: key),
            let name = place.name
        else { return }
        require((0..<keys.shards).contains(place.shard), "\(key) is in shard \(place.shard)")
        let made = keys.keys(name, shard: place.shard)
        require(made.contains { Array($0.utf8) == Array(key.utf8) }, "\(key) is parsed as \(made)")
    }
}

extension KeySpace {
    /// The keys of this name: one, but for the server's lists.
    fileprivate func keys(_ name: KeyName, shard: Int) -> [String] {
        name == .signIn ? [endedSessions, usedLinks] : [key(name, shard: shard)]
    }

    private func key(_ name: KeyName, shard: Int) -> String {
        switch name {
        case .signIn: endedSessions
        case .highSums: highSums(shard: shard)
        case .refused: refused(shard: shard)
        case .owed(let partition): owed(partition, shard: shard)
        case .settings: settings(shard: shard)
        case .view: view(shard: shard)
        case .revision: revision
        case .revisionTokens: revisionTokens
        case .backfillProgress: backfillProgress(shard: shard)
        case .cluster: cluster
        case .targets: targets
        case .targetChanges: targetChanges
        case .backfills: backfills
        case .people(let tenant): people(of: tenant)
        case .preferences: preferences
        case .stopped: stopped
        case .cursor(let partition): cursor(partition, shard: shard)
        case .entry(let order): entry(order, shard: shard)
        case .days(let key): days(key, shard: shard)
        case .index(let tenant, let person, let day): index(tenant: tenant, person: person, day: day, shard: shard)
        case .overlap(let target, let revision): overlap(target, revision: revision, shard: shard)
        case .allocation(let id): allocation(id, shard: shard)
        }
    }
}
