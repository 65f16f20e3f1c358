package import SalesRules

/// The topic of an event (docs/CONTRACT.md, "Events").
package enum HistoryTopic: Int, CaseIterable, Sendable {
    case orders
    case allocations
    case targets
    case people
}

/// The topic and key of an event. Events with the same key keep their order.
package struct RecordKey: Hashable, Sendable {
    package let topic: HistoryTopic
    /// For example `<tenant>/<order id>/<allocation id>`.
    package let text: String
}

extension Event {
    package var recordKey: RecordKey {
        switch change {
        case .order(let id, .saved), .order(let id, .deleted), .order(let id, .deletedKeeping):
            RecordKey(topic: .orders, text: "\(tenant)/\(id)")
        case .order(let id, .allocationSaved(let allocation, _)):
            RecordKey(topic: .allocations, text: "\(tenant)/\(id)/\(allocation.id)")
        case .order(let id, .allocationDeleted(let allocation, _)):
            RecordKey(topic: .allocations, text: "\(tenant)/\(id)/\(allocation)")
        case .target(let id, _):
            RecordKey(topic: .targets, text: "\(tenant)/\(id)")
        case .person(let id, .preferred), .person(let id, .preferenceDeleted):
            RecordKey(topic: .people, text: "\(tenant)/\(id)/preference")
        case .person(let id, _):
            RecordKey(topic: .people, text: "\(tenant)/\(id)")
        }
    }

    package var topic: HistoryTopic { recordKey.topic }
}

extension Sequence<Event> {
    /// The events of each topic, distributed over `count` partitions by a hash of the key.
    package func partitioned(into count: Int) -> [HistoryTopic: [[Event]]] {
        var partitions: [HistoryTopic: [[Event]]] = [:]
        for topic in HistoryTopic.allCases { partitions[topic] = Array(repeating: [], count: count) }
        for event in self {
            let key = event.recordKey
            let hash = key.text.utf8.reduce(0 as UInt32) { $0 &* 31 &+ UInt32($1) }
            partitions[key.topic]?[Int(hash % UInt32(count))].append(event)
        }
        return partitions
    }

    /// The same events in a random order that keeps the order of each record's events. The result must be the same.
    ///
    /// The keys are shuffled, and each key is replaced by the next event of its record.
    package func reshuffled(seed: UInt64) -> [Event] {
        var generator = SeededGenerator(seed: seed)
        let events = Array(self)
        let keys = events.map(\.recordKey)
        var waiting = Dictionary(grouping: zip(keys, events).reversed(), by: \.0).mapValues { $0.map(\.1) }
        return keys.shuffled(using: &generator).compactMap { waiting[$0]?.popLast() }
    }
}
