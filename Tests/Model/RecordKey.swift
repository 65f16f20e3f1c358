package import SalesRules

/// The topic of the contract that an event is sent to.
package enum HistoryTopic: Int, CaseIterable, Sendable {
    case orders
    case allocations
    case targets
    case people
}

/// What an event is keyed with: events of one key keep their order, whatever else is interleaved with them.
package struct RecordKey: Hashable, Sendable {
    package let topic: HistoryTopic
    /// As the contract has it: `<tenant>/<order id>/<allocation id>` for example.
    package let text: String
}

extension Event {
    package var recordKey: RecordKey {
        switch change {
        case .order(let id, .saved), .order(let id, .deleted):
            RecordKey(topic: .orders, text: "\(tenant)/\(id)")
        case .order(let id, .allocationSaved(let allocation, _)):
            RecordKey(topic: .allocations, text: "\(tenant)/\(id)/\(allocation.id)")
        case .order(let id, .allocationDeleted(let allocation, _)):
            RecordKey(topic: .allocations, text: "\(tenant)/\(id)/\(allocation)")
        case .target(let id, _):
            RecordKey(topic: .targets, text: "\(tenant)/\(id)")
        case .person(let id, _):
            RecordKey(topic: .people, text: "\(tenant)/\(id)")
        }
    }

    package var topic: HistoryTopic { recordKey.topic }
}

extension Sequence<Event> {
    /// The events of each topic spread over `count` partitions by their keys, as a producer does it.
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

    /// The same events in another order, in which each record's own events stay in theirs: by the contract it comes to
    /// the same. It is the order of a random shuffle, filled in with each record's events from first to last.
    package func reshuffled(seed: UInt64) -> [Event] {
        var generator = SeededGenerator(seed: seed)
        let events = Array(self)
        let keys = events.map(\.recordKey)
        var waiting = Dictionary(grouping: zip(keys, events).reversed(), by: \.0).mapValues { $0.map(\.1) }
        return keys.shuffled(using: &generator).compactMap { waiting[$0]?.popLast() }
    }
}
