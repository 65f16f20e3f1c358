import Events
import Ledger
import Log
import Redis
import SalesRules

/// Compares what is known at the end with what is known from the last record of each key alone, as in a log that is
/// compacted all through.
struct CompactionCheck {
    private let world: World
    private let events: [Event]

    init(_ world: World) throws {
        self.world = world
        let decoder = EventDecoder(try EventSettings(currency: .euro))
        let topics = TopicNames().byName
        let refused = FinalCheck.refused(world)
        var events: [Event] = []
        for partition in world.log.names {
            guard let topic = topics[partition.topic] else { continue }
            for record in world.log.lastOfEachKey(in: partition) {
                // A null value is removed too, in the end.
                if record.withValue({ $0 == nil }) { continue }
                if refused.contains(KeySpace.refusedRecord(partition, offset: record.offset)) { continue }
                events.append(try decoder.decode(record, topic: topic))
            }
        }
        self.events = events
    }

    /// The differences, one line each.
    func differences(_ entries: [TenantScoped: OrderEntry]) throws -> [String] {
        var compacted: [TenantScoped: OrderEntry] = [:]
        for event in events {
            guard case .order(let id, let change) = event.change else { continue }
            let key = TenantScoped(tenant: event.tenant, id: id)
            _ =
                event.isRestated
                ? try? compacted[key, default: OrderEntry()].restate(change)
                : try? compacted[key, default: OrderEntry()].apply(change)
        }
        return Set(entries.keys).union(compacted.keys).sorted { "\($0)" < "\($1)" }.compactMap { key in
            let found = Self.known(entries[key]), expected = Self.known(compacted[key])
            return found == expected ? nil : "after compaction \(key) is \(expected), not \(found)"
        }
    }

    /// The differences of targets, people and preferences, given their values in Redis.
    func differences(
        targets: [TenantScoped: [UInt8]],
        people: [TenantScoped: [UInt8]],
        preferences: [TenantScoped: [UInt8]]
    ) throws -> [String] {
        var compacted = (targets: [TenantScoped: Versioned<Target>](), people: [TenantScoped: PersonEntry]())
        for event in events {
            switch event.change {
            case .target(let id, let change):
                let key = TenantScoped(tenant: event.tenant, id: id)
                var target = compacted.targets[key] ?? Versioned()
                _ = event.isRestated ? target.restate(change) : target.apply(change)
                compacted.targets[key] = target
            case .person(let id, let change):
                let key = TenantScoped(tenant: event.tenant, id: id)
                compacted.people[key, default: PersonEntry()].apply(change, isRestated: event.isRestated)
            case .order: break
            }
        }
        var found: [String: String] = [:]
        for (key, bytes) in targets {
            let record = try CatalogRecord.decode(bytes, id: key.id)
            found["target \(key)"] = "\(Versioned(record.target, version: record.version))"
        }
        for (key, bytes) in people {
            found["person \(key)"] = "\(try PersonCodec.decode(bytes, id: key.id))"
        }
        for (key, bytes) in preferences {
            found["preferences of \(key)"] = "\(try PersonCodec.decodeChoice(bytes))"
        }
        var expected: [String: String] = [:]
        for (key, target) in compacted.targets { expected["target \(key)"] = "\(target)" }
        for (key, entry) in compacted.people {
            expected["person \(key)"] = "\(entry.person)"
            expected["preferences of \(key)"] = "\(entry.preference)"
        }
        // What was deleted without a version need not be known.
        let nothing = ["\(Versioned<Target>())", "\(Versioned<Person>())", "\(Versioned<WidgetChoice>())"]
        func known(_ all: [String: String]) -> [String: String] { all.filter { !nothing.contains($0.value) } }
        let (before, after) = (known(found), known(expected))
        return Set(before.keys).union(after.keys).sorted().compactMap { key in
            before[key] == after[key]
                ? nil : "after compaction \(key) is \(after[key] ?? "-"), not \(before[key] ?? "-")"
        }
    }

    /// What has to be known of an order.
    private static func known(_ entry: OrderEntry?) -> OrderEntry {
        var entry = entry ?? OrderEntry()
        entry.revision = 0
        // Compaction may take the save that emptied the list; then nothing is left that could give one back.
        entry.hasList = false
        if entry.remembersNothing { return OrderEntry() }
        if entry.isDeleted { entry.order = nil }
        return entry
    }
}

extension SimulatedLog {
    /// The last record of each key of a partition.
    func lastOfEachKey(in partition: TopicPartition) -> [LogRecord] {
        var last: [[UInt8]: LogRecord] = [:]
        var offset: Int64 = 0
        while let record = record(of: partition, from: offset) {
            last[record.withKey { $0.map(Array.init) ?? [] }] = record
            offset = record.offset + 1
        }
        return last.values.sorted { $0.offset < $1.offset }
    }
}
