import Events
import Kafka
import Ledger
import Log
import Model
import SalesRules
import TestSupport

/// Compares the published records with the log. The expected results follow from the log.
struct PublishedRecords {
    /// The published values by topic and key, in order.
    private var published: [Place: [[UInt8]?]] = [:]
    /// The number of records that the broker has lost so far.
    private(set) var lost = 0

    private struct Place: Hashable {
        let topic: String
        let key: [UInt8]?
    }

    mutating func note(_ messages: [ProducerRecord]) {
        for message in messages {
            published[Place(topic: message.topic, key: message.key), default: []].append(message.value)
        }
    }

    /// The model's result for the present log.
    struct Reading {
        let model: SalesModel
        /// Differences between the log and the published records.
        var problems: [String] = []
    }

    /// Reads the log from its beginning.
    /// - Parameter isShaken: whether a broker went down, so that records may be missing or duplicated.
    mutating func read(_ testbed: Testbed, isShaken: Bool) async throws -> Reading {
        let site = testbed.site
        let partitions = testbed.partitions
        let letters = TopicPartition(topic: site.topics.deadLetters, partition: 0)
        let records = try await site.records(of: partitions + [letters])
        var problems: [String] = []
        var model = SalesModel(rules: site.settings.rules)
        let decoder = EventDecoder(try EventSettings(currency: site.settings.rules.currency))
        var found: [Place: [[UInt8]?]] = [:]
        for partition in partitions {
            guard let topic = site.topics.byName[partition.topic] else { continue }
            for record in records[partition] ?? [] {
                let event = try record.event(of: topic, decoder)
                // States that workers wrote once more count where the broker has lost the events that gave them.
                model.apply(event)
                if event.isRestated { continue }
                found[Place(topic: partition.topic, key: record.key), default: []].append(record.value)
            }
        }
        // A few orders have more allocations than count, which changes nothing of their records.
        for reason in (records[letters] ?? []).map({ $0.header("dead-letter-reason") ?? "" })
        where !reason.contains("more than the maximum of \(OrderEntry.maximumAllocations) allocations") {
            problems.append("there are dead letters: \(reason)")
            break
        }
        if isShaken {
            lost += max(0, published.values.reduce(0) { $0 + $1.count } - found.values.reduce(0) { $0 + $1.count })
            for (place, values) in found where !Set(values).isSubset(of: published[place] ?? []) {
                problems.append("the log has a record that was not published: \(place.topic)")
            }
            published = found
        } else if found != published {
            problems.append("the log differs from the published records")
        }
        return Reading(model: model, problems: problems)
    }
}

extension StoredRecord {
    fileprivate func event(of topic: Topic, _ decoder: EventDecoder) throws -> Event {
        func decode(_ value: UnsafeBufferPointer<UInt8>?) throws -> Event {
            try (key ?? []).withUnsafeBufferPointer { key in
                try decoder.decode(topic: topic, key: key, value: value, headers: [])
            }
        }
        guard let value else { return try decode(nil) }
        return try value.withUnsafeBufferPointer { try decode($0) }
    }
}
