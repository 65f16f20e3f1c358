internal import Concurrency
internal import Events
internal import Log

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
        let producer = try log.producer(for: .deadLetters)
        defer { producer.close(timeoutMilliseconds: 5_000) }
        let counts = try await BlockingThread.run("dead letters") {
            try log.admin().partitions(of: Array(topics.byName.keys), timeoutMilliseconds: 10_000)
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
        by producer: any LogProducer,
        partitions: Int32
    ) async throws -> Outcome {
        guard let letter = try await letter(partition: entry.partition, offset: entry.offset) else {
            return .refused("it is not there any more")
        }
        if letter.isValueLeftOut {
            return .refused(
                "it was too large to be kept here: it is at \(origin) \(origin.offset)"
            )
        }
        _ = try await producer.send(
            ProducerRecord(
                topic: origin.topic,
                // Behind the others of its key, as far as the source's own partitions still are what they were.
                partition: origin.partition < partitions ? origin.partition : nil,
                key: letter.key,
                value: letter.value,
                headers: DeadLetter.replayHeaders(of: letter.headers, origin: origin),
                timestamp: letter.timestamp < 0 ? nil : letter.timestamp
            )
        )
        _ = try await producer.send(
            ProducerRecord(
                topic: topics.deadLetters,
                partition: entry.partition,
                key: letter.key,
                value: nil,
                headers: [RecordHeader(name: DeadLetter.replayedHeader, value: Array(origin.description.utf8))]
            )
        )
        return .replayed
    }
}
