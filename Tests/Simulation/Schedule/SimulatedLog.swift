import Events
import Kafka
import Ledger
package import Log
package import SalesRules

/// A log in memory, with the topics of docs/CONTRACT.md, "Events".
package struct SimulatedLog {
    /// One record, or a gap left by compaction or a transaction marker.
    enum Slot {
        case record(key: [UInt8], value: [UInt8]?, timestamp: Int64)
        case hole
    }

    private(set) var partitions: [TopicPartition: [Slot]] = [:]
    private let topics = TopicNames()
    private let encoder = EventEncoder(currency: .euro)
    private var clock: Int64 = 1_700_000_000_000

    /// Empty partitions of every topic.
    package init(partitions count: Int) {
        for topic in topics.byName.keys {
            for number in 0..<count { partitions[TopicPartition(topic: topic, partition: Int32(number))] = [] }
        }
    }

    /// Adds an event to the partition of this number.
    /// - Returns: the place of its record.
    @discardableResult
    package mutating func append(_ event: Event, to number: Int32) -> (partition: TopicPartition, offset: Int64) {
        let (topic, key, value) = encoder.encode(event)
        clock += 1
        let partition = TopicPartition(topic: topics[topic], partition: number)
        let offset = end(of: partition)
        partitions[partition, default: []].append(.record(key: key, value: value, timestamp: clock))
        return (partition, offset)
    }

    /// Adds a record that a worker writes.
    mutating func append(_ record: ProducerRecord) {
        clock += 1
        let partition = TopicPartition(topic: record.topic, partition: record.partition ?? 0)
        partitions[partition, default: []].append(
            .record(key: record.key ?? [], value: record.value, timestamp: clock)
        )
    }

    mutating func leaveHole(in partition: TopicPartition) { partitions[partition, default: []].append(.hole) }

    /// All partitions, sorted so that a seed always gives the same schedule.
    package var names: [TopicPartition] {
        partitions.keys.sorted { ($0.topic, $0.partition) < ($1.topic, $1.partition) }
    }

    /// The end of each partition that has a record: the target of its cursor.
    package var ends: [TopicPartition: Int64] {
        partitions.filter { record(of: $0.key, from: 0) != nil }.mapValues { Int64($0.count) }
    }

    /// The offset that the next record will have.
    func end(of partition: TopicPartition) -> Int64 { Int64(partitions[partition]?.count ?? 0) }

    /// The first record at or after this offset.
    func record(of partition: TopicPartition, from offset: Int64) -> LogRecord? {
        guard let slots = partitions[partition] else { return nil }
        var place = Int(offset)
        while place < slots.count {
            if case .record(let key, let value, let timestamp) = slots[place] {
                return CopiedRecord(
                    partition,
                    offset: Int64(place),
                    key: key,
                    value: value,
                    timestamp: timestamp
                )
            }
            place += 1
        }
        return nil
    }
}
