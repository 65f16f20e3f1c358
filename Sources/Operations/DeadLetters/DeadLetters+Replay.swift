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
        let producer = try log.producer(for: .deadLetters)
        defer { producer.close(timeoutMilliseconds: 5_000) }
        let counts = try await BlockingThread.run("dead letters") {
            try log.admin().partitions(of: Array(topics.byName.keys), timeoutMilliseconds: 10_000)
        }
        for entry in entries {
            var outcome = expectedOutcome(of: entry, again: again)
            if outcome == .replayed, let origin = entry.origin {
                if let other = newest[origin], (other.partition, other.offset) != (entry.partition, entry.offset) {
                    outcome = .skipped
                } else {
                    outcome = try await replay(entry, origin, by: producer, partitions: counts[origin.topic] ?? 0)
                }
            }
            report(entry, outcome)
        }
    }

    private func replay(
        _ entry: Entry,
        _ origin: DeadLetter.Origin,
        by producer: any LogProducer,
        partitions: Int32
    ) async throws -> Outcome {
        guard let letter = try await record(partition: entry.partition, offset: entry.offset) else {
            return .refused("the dead-letter topic no longer has it")
        }
        if letter.isValueLeftOut {
            return .refused("its value was too large for the dead-letter topic: the original record is \(origin)")
        }
        _ = try await producer.send(
            ProducerRecord(
                topic: origin.topic,
                // The same partition keeps it behind the other records of its key. Without that partition, the key decides.
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
