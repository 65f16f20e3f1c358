internal import Concurrency
package import Events
package import Log
package import SalesRules
internal import Synchronization

/// Writes events to the log. It connects at the first write.
package final class EventProducer: EventLog {
    private let log: any LogBackend
    private let topics: TopicNames
    private let encoder: EventEncoder
    private let producer = Mutex<(any LogProducer)?>(nil)

    /// A producer that is not connected yet.
    /// - Parameter currency: the reporting currency.
    package init(_ log: any LogBackend, topics: TopicNames, currency: Currency) {
        self.log = log
        self.topics = topics
        encoder = EventEncoder(currency: currency)
    }

    /// - Throws: ``LogError``. After a timeout it is unknown whether an event was written.
    package func append(_ events: [Event], by person: Identifier?) async throws -> [RecordPosition] {
        let records = events.map { record(for: $0, by: person) }
        let producer = try current()
        do {
            return try await append(records, to: producer)
        } catch let error as LogError where error.isFatal {
            // The producer has a new client now. An event may be in the log twice: that changes nothing, because an event
            // has the whole record.
            return try await append(records, to: producer)
        }
    }

    /// Closes the connection. Waits at most one second for events that are not written yet.
    package func close() async {
        guard let producer = producer.withLock({ $0.take() }) else { return }
        _ = try? await BlockingThread.run("event-producer") { producer.close(timeoutMilliseconds: 1_000) }
    }

    private func current() throws -> any LogProducer {
        try producer.withLock { producer in
            if let producer { return producer }
            let new = try log.producer(for: .requests)
            producer = new
            return new
        }
    }

    private func record(for event: Event, by person: Identifier?) -> ProducerRecord {
        let (topic, key, value) = encoder.encode(event, by: person)
        return ProducerRecord(topic: topics[topic], key: key, value: value)
    }

    /// Writes the records of one key one after the other, and those of different keys at the same time.
    private func append(_ records: [ProducerRecord], to producer: any LogProducer) async throws -> [RecordPosition] {
        let byKey = Dictionary(grouping: records.indices) { records[$0].key }
        return try await withThrowingTaskGroup(of: [(Int, RecordPosition)].self) { group in
            for indices in byKey.values {
                group.addTask {
                    var positions: [(Int, RecordPosition)] = []
                    for index in indices { positions.append((index, try await producer.send(records[index]))) }
                    return positions
                }
            }
            var positions: [(Int, RecordPosition)] = []
            for try await some in group { positions += some }
            return positions.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }
}
