import Ledger
import Log
import Model
import SalesRules

/// Events in the partitions of a log. The index of an event is its offset.
struct PartitionedEvents {
    let partitions: [TopicPartition: [Event]]

    init(_ events: some Sequence<Event>, partitions count: Int) {
        var partitions: [TopicPartition: [Event]] = [:]
        for (topic, lists) in events.partitioned(into: count) {
            for (number, list) in lists.enumerated() where !list.isEmpty {
                partitions[TopicPartition(topic: topic.name, partition: Int32(number))] = list
            }
        }
        self.partitions = partitions
    }

    /// The partitions of these topics, in a fixed order.
    func partitions(of topics: HistoryTopic...) -> [TopicPartition] {
        let names = topics.map(\.name)
        return partitions.keys.filter { names.contains($0.topic) }
            .sorted { ($0.topic, $0.partition) < ($1.topic, $1.partition) }
    }
}

extension HistoryTopic {
    var name: String { "sales.\(self)" }
}

extension TopicPartition {
    /// Whether the partition has events of orders and allocations.
    var carriesOrders: Bool { topic == HistoryTopic.orders.name || topic == HistoryTopic.allocations.name }
}

/// The cursor after the event at `offset`.
func cursor(after offset: Int) -> Cursor {
    Cursor(next: Int64(offset) + 1, last: .init(offset: Int64(offset), checksum: UInt32(offset) &* 7))
}
