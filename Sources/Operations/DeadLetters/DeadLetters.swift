package import Events
package import Kafka

/// A record among the dead letters, copied.
package struct StoredLetter: Sendable {
    /// Where it lies among the dead letters.
    package let partition: Int32
    /// Its offset there.
    package let offset: Int64
    package let key: [UInt8]?
    package let value: [UInt8]?
    package let headers: [Header]
    /// The record's own time, in milliseconds since 1970; -1 if unknown.
    package let timestamp: Int64

    init(_ record: KafkaRecord) {
        partition = record.partition
        offset = record.offset
        key = record.withKey { $0.map(Array.init) }
        value = record.withValue { $0.map(Array.init) }
        headers = record.headers.map { Header(name: $0.name, value: $0.value) }
        timestamp = record.timestamp
    }

    /// Why it was refused.
    package var reason: String { DeadLetter.text("reason", in: headers) ?? "" }
    /// The topic it came from, as its headers say.
    package var topic: String { DeadLetter.text("topic", in: headers) ?? "" }
    /// What it is known by.
    package var origin: DeadLetter.Origin? { DeadLetter.origin(of: headers) }
    /// Whether it was replayed and refused again.
    package var isRefusedAgain: Bool { DeadLetter.text("origin", in: headers) != nil }
    /// Whether it was too large to be put here with its value.
    package var isValueLeftOut: Bool { DeadLetter.text("value", in: headers) != nil }
    /// The origin of a record that was replayed, which this one notes; nil for a dead letter.
    var replayed: String? { DeadLetter.text("replayed", in: headers) }
}

/// Reads the dead letters, and puts them back where they came from.
package struct DeadLetters: Sendable {
    private let kafka: KafkaConfiguration
    private let topics: TopicNames

    /// The dead letters of these topics.
    package init(kafka: KafkaConfiguration, topics: TopicNames) {
        var kafka = kafka
        // As large as what the worker puts there.
        kafka.properties["message.max.bytes"] = kafka.properties["message.max.bytes"] ?? "10485760"
        self.kafka = kafka
        self.topics = topics
    }

    /// A dead letter without its bytes, for lists.
    package struct Entry: Sendable {
        package let partition: Int32
        package let offset: Int64
        package let timestamp: Int64
        package let key: [UInt8]?
        package let topic: String
        package let reason: String
        package let origin: DeadLetter.Origin?
        package let isRefusedAgain: Bool
        /// Whether a record of the same origin was replayed before.
        package var isReplayed = false
    }

    /// Which dead letters are meant.
    package struct Filter: Sendable {
        /// The topic they came from; nil for any.
        package var topic: String?
        /// What their reason contains, without case.
        package var reason: String?
        /// Records of this time or later, in milliseconds since 1970.
        package var since: Int64?
        /// The newest so many.
        package var limit: Int?

        /// All of them.
        package init() {}

        func holds(_ letter: StoredLetter) -> Bool {
            if let topic, letter.topic != topic { return false }
            if let reason, !letter.reason.lowercased().contains(reason.lowercased()) { return false }
            if let since, letter.timestamp < since { return false }
            return true
        }
    }

    /// The dead letters that are there now, oldest first in each partition.
    package func list(_ filter: Filter) async throws -> [Entry] {
        try await BlockingThread.run("dead letters") { try entries(filter) }
    }

    /// The dead letter at this place; nil where there is none.
    package func letter(partition: Int32, offset: Int64) async throws -> StoredLetter? {
        try await BlockingThread.run("dead letters") {
            var found: StoredLetter?
            try forEach(from: [partition: offset]) { letter in
                if letter.offset == offset, letter.replayed == nil { found = letter }
                return letter.offset < offset
            }
            return found
        }
    }

    private func entries(_ filter: Filter) throws -> [Entry] {
        var entries: [Entry] = []
        var replayed: Set<String> = []
        try forEach(from: nil) { letter in
            if let origin = letter.replayed {
                replayed.insert(origin)
            } else if filter.holds(letter) {
                entries.append(
                    Entry(
                        partition: letter.partition,
                        offset: letter.offset,
                        timestamp: letter.timestamp,
                        key: letter.key,
                        topic: letter.topic,
                        reason: letter.reason,
                        origin: letter.origin,
                        isRefusedAgain: letter.isRefusedAgain
                    )
                )
            }
            return true
        }
        entries.sort { ($0.partition, $0.offset) < ($1.partition, $1.offset) }
        if let limit = filter.limit { entries = Array(entries.suffix(limit)) }
        for index in entries.indices {
            entries[index].isReplayed = entries[index].origin.map { replayed.contains($0.description) } ?? false
        }
        return entries
    }

    /// Reads up to the present end of each partition.
    /// - Parameters:
    ///   - from: the partitions and where to begin; nil for everything.
    ///   - body: returns false when no more of that partition is wanted.
    private func forEach(from starts: [Int32: Int64]?, _ body: (StoredLetter) throws -> Bool) throws {
        let admin = try KafkaAdmin(kafka)
        let name = topics.deadLetters
        guard let count = try admin.partitions(of: [name], timeoutMilliseconds: 10_000)[name] else {
            throw MissingTopics(names: [name])
        }
        let wanted = (0..<count).filter { starts == nil || starts?[$0] != nil }
            .map { TopicPartition(topic: name, partition: $0) }
        let bounds = try admin.watermarks(of: wanted, timeoutMilliseconds: 10_000)
        var open = Set(bounds.filter { $0.value.low < $0.value.high }.keys)
        if let starts {
            open = open.filter { partition in
                starts[partition.partition].map { $0 < bounds[partition]?.high ?? 0 } ?? false
            }
        }
        if open.isEmpty { return }
        let consumer = try KafkaConsumer(kafka, group: nil)
        defer { consumer.close(timeoutMilliseconds: 5_000) }
        try consumer.assign(
            Dictionary(
                uniqueKeysWithValues: open.map { partition in
                    let start = max(starts?[partition.partition] ?? 0, bounds[partition]?.low ?? 0)
                    return (partition, StartPosition(next: start))
                }
            )
        )
        var deadline = ContinuousClock.now + .seconds(60)
        while !open.isEmpty {
            guard let event = try consumer.poll(timeoutMilliseconds: 100) else {
                if .now > deadline { throw SilentLog() }
                continue
            }
            switch event {
            case .record(let record):
                deadline = .now + .seconds(60)
                let partition = record.topicPartition
                guard open.contains(partition) else { continue }
                let wantsMore = try body(StoredLetter(record))
                if !wantsMore || record.offset + 1 >= bounds[partition]?.high ?? 0 { open.remove(partition) }
            case .caughtUp(let partition, _): open.remove(partition)
            case .halted(let partition, let fault): throw HaltedLog(partition: partition, fault: fault)
            case .failed(let error): throw error
            case .assigned, .revoked, .disconnected: continue
            }
        }
    }
}

// Replaying.
extension DeadLetters {
    /// What became of one dead letter.
    package enum Outcome: Hashable, Sendable {
        case replayed
        /// One of the same origin was replayed before.
        case skipped
        /// Why it cannot be put back.
        case refused(String)
    }

    /// Whether a dead letter can be replayed, and if not, why.
    package func outlook(of entry: Entry, again: Bool) -> Outcome {
        guard let origin = entry.origin else { return .refused("its headers do not say where it came from") }
        guard topics.byName[origin.topic] != nil else {
            return .refused("it came from \(origin.topic), which is none of the topics that are read")
        }
        return entry.isReplayed && !again ? .skipped : .replayed
    }

    /// Writes the records back to the topics they came from, byte for byte, and then notes among the dead letters that
    /// they were. Of several with one origin only the newest goes.
    /// - Parameter told: called with each and what became of it.
    package func replay(
        _ entries: [Entry],
        again: Bool,
        _ told: @escaping @Sendable (Entry, Outcome) -> Void
    ) async throws {
        var newest: [DeadLetter.Origin: Entry] = [:]
        for entry in entries {
            guard let origin = entry.origin else { continue }
            if let other = newest[origin], (other.partition, other.offset) > (entry.partition, entry.offset) {
                continue
            }
            newest[origin] = entry
        }
        let producer = try KafkaProducer(kafka)
        defer { producer.close(timeoutMilliseconds: 5_000) }
        let counts = try await BlockingThread.run("dead letters") {
            try KafkaAdmin(kafka).partitions(of: Array(topics.byName.keys), timeoutMilliseconds: 10_000)
        }
        for entry in entries {
            var outcome = outlook(of: entry, again: again)
            if outcome == .replayed, let origin = entry.origin {
                if let other = newest[origin], (other.partition, other.offset) != (entry.partition, entry.offset) {
                    outcome = .skipped
                } else {
                    outcome = try await replay(entry, origin, by: producer, partitions: counts[origin.topic] ?? 0)
                }
            }
            told(entry, outcome)
        }
    }

    private func replay(
        _ entry: Entry,
        _ origin: DeadLetter.Origin,
        by producer: KafkaProducer,
        partitions: Int32
    ) async throws -> Outcome {
        guard let letter = try await letter(partition: entry.partition, offset: entry.offset) else {
            return .refused("it is not there any more")
        }
        if letter.isValueLeftOut {
            return .refused(
                "it was too large to be kept here: it is at \(origin.topic)[\(origin.partition)] \(origin.offset)"
            )
        }
        _ = try await producer.send(
            KafkaProducer.Message(
                topic: origin.topic,
                // Behind the others of its key, as far as the source's own partitions still are what they were.
                partition: origin.partition < partitions ? origin.partition : nil,
                key: letter.key,
                value: letter.value,
                headers: DeadLetter.replayHeaders(of: letter.headers, origin: origin)
                    .map { KafkaHeader(name: $0.name, value: $0.value) },
                timestamp: letter.timestamp < 0 ? nil : letter.timestamp
            )
        )
        _ = try await producer.send(
            KafkaProducer.Message(
                topic: topics.deadLetters,
                partition: entry.partition,
                key: letter.key,
                value: nil,
                headers: [KafkaHeader(name: DeadLetter.replayedHeader, value: Array(origin.description.utf8))]
            )
        )
        return .replayed
    }
}
