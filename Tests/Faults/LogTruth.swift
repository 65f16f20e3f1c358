import Events
import Kafka
import Ledger
import Log
import Model
import SalesRules
import TestSupport

/// What was published, against what the log holds, which is what counts.
struct LogTruth {
    /// By topic and key, in their order.
    private var published: [Place: [[UInt8]?]] = [:]
    /// What the broker lost so far.
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

    /// The log as it is now, and what the rules make of it.
    struct Reading {
        let model: Model
        /// What should not be.
        var problems: [String] = []
    }

    /// Reads the log from its beginning.
    /// - Parameter isShaken: whether a broker went down, so that some may be missing or there twice.
    mutating func read(_ testbed: Testbed, isShaken: Bool) async throws -> Reading {
        let site = testbed.site
        let partitions = testbed.partitions
        let letters = TopicPartition(topic: site.topics.deadLetters, partition: 0)
        let records = try await site.records(of: partitions + [letters])
        var problems: [String] = []
        var model = Model(rules: site.settings.rules)
        let decoder = EventDecoder(try EventSettings(currency: site.settings.rules.currency))
        var found: [Place: [[UInt8]?]] = [:]
        for partition in partitions {
            guard let topic = site.topics.byName[partition.topic] else { continue }
            for record in records[partition] ?? [] {
                found[Place(topic: partition.topic, key: record.key), default: []].append(record.value)
                model.apply(try record.event(of: topic, decoder))
            }
        }
        if let letter = records[letters]?.first {
            problems.append("there are dead letters: \(letter.header("dead-letter-reason") ?? "")")
        }
        if isShaken {
            lost += max(0, published.values.reduce(0) { $0 + $1.count } - found.values.reduce(0) { $0 + $1.count })
            for (place, values) in found where !Set(values).isSubset(of: published[place] ?? []) {
                problems.append("the log holds what nobody published: \(place.topic)")
            }
            published = found
        } else if found != published {
            problems.append("the log does not hold what was published")
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
