internal import Concurrency
internal import Events
internal import Log

extension DeadLetters {
    /// The result for one dead letter.
    package enum Outcome: Hashable, Sendable {
        case replayed
        /// A record of the same origin was replayed before, or is a newer one of this replay.
        case skipped
        /// It cannot be replayed. The text is the reason.
        case refused(String)
    }

    /// The expected result of a replay, without reading the record again.
    /// - Parameter again: whether records that were replayed before are replayed again.
    package func expectedOutcome(of entry: Entry, again: Bool) -> Outcome {
        guard let origin = entry.origin else {
            return .refused("its headers do not name the topic, partition and offset that it came from")
        }
        guard topics.byName[origin.topic] != nil else {
            return .refused("it came from topic \(origin.topic), which the workers do not read")
        }
        return entry.isReplayed && !again ? .skipped : .replayed
    }

    /// Writes the records back to their topics, byte for byte, and then notes each replay in the dead-letter topic. Of
    /// several records with one origin, only the newest is replayed.
    /// - Parameter report: called with each record and its result.
    package func replay(
        _ entries: [Entry],
        again: Bool,
        _ report: @escaping @Sendable (Entry, Outcome) -> Void
    ) async throws {
        var newest: [DeadLetter.Origin: Entry] = [:]
        for entry in entries {
            guard let origin = entry.origin else { continue }
            if let other = newest[origin], (other.partition, other.offset) > (entry.partition, entry.offset) {
                continue
            }
            newest[origin] = entry
        }
        let latest = newest
        try await log.withProducer(for: .deadLetters, closingWithin: 5_000) { producer in
            try await BlockingThread.run("dead letters") {
                try replay(entries, again: again, latest, by: producer, report)
            }
        }
    }

    /// Reads the dead-letter topic once and writes back what was chosen. Blocks.
    private func replay(
        _ entries: [Entry],
        again: Bool,
        _ newest: [DeadLetter.Origin: Entry],
        by producer: any LogProducer,
        _ report: (Entry, Outcome) -> Void
    ) throws {
        var wanted: [Int32: [Int64: (entry: Entry, origin: DeadLetter.Origin)]] = [:]
        for entry in entries {
            let outcome = expectedOutcome(of: entry, again: again)
            guard outcome == .replayed, let origin = entry.origin else {
                report(entry, outcome)
                continue
            }
            if let other = newest[origin], (other.partition, other.offset) != (entry.partition, entry.offset) {
                report(entry, .skipped)
            } else {
                wanted[entry.partition, default: [:]][entry.offset] = (entry, origin)
            }
        }
        if wanted.isEmpty { return }
        let counts = try log.admin().partitions(of: Array(topics.byName.keys), timeoutMilliseconds: 10_000)
        try forEach(from: wanted.compactMapValues { $0.keys.min() }) { letter in
            if let (entry, origin) = wanted[letter.partition]?.removeValue(forKey: letter.offset) {
                let outcome: Outcome =
                    letter.replayed == nil
                    ? try write(letter, entry, origin, by: producer, partitions: counts[origin.topic] ?? 0)
                    : .refused(Self.gone)
                report(entry, outcome)
            }
            return wanted[letter.partition]?.isEmpty == false
        }
        for (entry, _) in wanted.values.flatMap(\.values) { report(entry, .refused(Self.gone)) }
    }

    private static let gone = "the dead-letter topic no longer has it"

    /// Returns after the log has stored the record and then the note of its replay.
    private func write(
        _ letter: DeadLetterRecord,
        _ entry: Entry,
        _ origin: DeadLetter.Origin,
        by producer: any LogProducer,
        partitions: Int32
    ) throws -> Outcome {
        if letter.isValueLeftOut {
            return .refused("its value was too large for the dead-letter topic: the original record is \(origin)")
        }
        let record = ProducerRecord(
            topic: origin.topic,
            // The same partition keeps it behind the other records of its key. Without that partition, the key decides.
            partition: origin.partition < partitions ? origin.partition : nil,
            key: letter.key,
            value: letter.value,
            headers: DeadLetter.replayHeaders(of: letter.headers, origin: origin),
            timestamp: letter.timestamp < 0 ? nil : letter.timestamp
        )
        let note = ProducerRecord(
            topic: topics.deadLetters,
            partition: entry.partition,
            key: letter.key,
            value: nil,
            headers: [RecordHeader(name: DeadLetter.replayedHeader, value: Array(origin.description.utf8))]
        )
        for record in [record, note] {
            let batch = producer.batch()
            try batch.append(record)
            try batch.wait(timeoutMilliseconds: 60_000)
        }
        return .replayed
    }
}
