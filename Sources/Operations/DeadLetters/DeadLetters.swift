internal import Concurrency
package import Events
internal import Ledger
package import Log

/// Reads the dead-letter topic, and replays its records to the topics that they came from.
package struct DeadLetters: Sendable {
    let log: any LogBackend
    let topics: TopicNames

    /// The dead letters of these topics.
    package init(log: any LogBackend, topics: TopicNames) {
        self.log = log
        self.topics = topics
    }

    /// A dead letter without value and headers, for lists.
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

    /// Selects dead letters.
    package struct Filter: Sendable {
        /// The topic of the original records; nil for any.
        package var topic: String?
        /// A part of the reason, compared without case.
        package var reason: String?
        /// Records of this time or later, in milliseconds since 1970.
        package var since: Int64?
        /// The most entries to list: the last ones.
        package var limit: Int?

        /// Selects all dead letters.
        package init() {}

        func matches(_ letter: DeadLetterRecord) -> Bool {
            if let topic, letter.topic != topic { return false }
            if let reason, !letter.reason.lowercased().contains(reason.lowercased()) { return false }
            if let since, letter.timestamp < since { return false }
            return true
        }
    }

    /// The dead letters, by partition and offset.
    package func list(_ filter: Filter) async throws -> [Entry] {
        try await BlockingThread.run("dead letters") { try entries(filter) }
    }

    /// The dead letter at this offset; nil if there is none.
    package func record(partition: Int32, offset: Int64) async throws -> DeadLetterRecord? {
        try await BlockingThread.run("dead letters") {
            var found: DeadLetterRecord?
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
            } else if filter.matches(letter) {
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

    /// Reads each partition up to the end that it has when the call begins.
    /// - Parameters:
    ///   - from: the partitions and their first offsets; nil for everything.
    ///   - body: returns false to stop reading the record's partition.
    func forEach(from starts: [Int32: Int64]?, _ body: (DeadLetterRecord) throws -> Bool) throws {
        let admin = try log.admin()
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
        let consumer = try log.consumer(group: nil, member: 0)
        defer { consumer.close(timeoutMilliseconds: 5_000) }
        try consumer.assign(
            Dictionary(
                uniqueKeysWithValues: open.map { partition in
                    let start = max(starts?[partition.partition] ?? 0, bounds[partition]?.low ?? 0)
                    return (partition, .offset(start))
                }
            )
        )
        var deadline = ContinuousClock.now + .seconds(60)
        while !open.isEmpty {
            guard let event = try consumer.poll(timeoutMilliseconds: 100) else {
                if .now > deadline { throw LogTimeout() }
                continue
            }
            switch event {
            case .record(let record):
                deadline = .now + .seconds(60)
                let partition = record.topicPartition
                guard open.contains(partition) else { continue }
                let wantsMore = try body(DeadLetterRecord(record))
                if !wantsMore || record.offset + 1 >= bounds[partition]?.high ?? 0 { open.remove(partition) }
            case .caughtUp(let partition, _): open.remove(partition)
            case .stopped(let partition, let fault): throw LogStopped(partition: partition, fault: fault)
            case .failed(let error): throw error
            case .assigned, .revoked, .disconnected: continue
            }
        }
    }
}
