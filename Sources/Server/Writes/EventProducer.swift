package import Events
package import Kafka
internal import Ledger
package import SalesRules
internal import Synchronization

/// The log in Kafka. It connects when first written to, and again after an error that ended its producer.
package final class KafkaLog: EventLog {
    private let configuration: KafkaConfiguration
    private let topics: TopicNames
    private let encoder: EventEncoder
    private let producer = Mutex<KafkaProducer?>(nil)

    /// A log that is not connected yet.
    /// - Parameter currency: the reporting currency.
    package init(_ configuration: KafkaConfiguration, topics: TopicNames, currency: Currency) {
        var configuration = configuration
        // Someone is waiting: what Kafka does not take at once fails, and they may try again. How large a record may be
        // is the broker's affair, beyond the contract's 1 MiB.
        let defaults = [
            ("message.timeout.ms", "delivery.timeout.ms", "5000"), ("linger.ms", "queue.buffering.max.ms", "1"),
            ("message.max.bytes", "message.max.bytes", "1114112"),
        ]
        for (name, alias, value) in defaults
        where configuration.properties[name] == nil && configuration.properties[alias] == nil {
            configuration.properties[name] = value
        }
        self.configuration = configuration
        self.topics = topics
        encoder = EventEncoder(currency: currency)
    }

    /// - Throws: ``KafkaError``. After a timeout it is open whether an event was written.
    package func append(_ events: [Event], by person: Identifier?) async throws -> [LogPosition] {
        let messages = events.map { message(for: $0, by: person) }
        let producer = try current()
        do {
            return try await append(messages, to: producer)
        } catch let error as KafkaError where error.isFatal {
            retire(producer)
            // What was written nevertheless is there twice then, which changes nothing: each event is a whole record.
            return try await append(messages, to: try current())
        }
    }

    /// Ends the connection; what is under way has a second to be written.
    package func close() async {
        guard let producer = producer.withLock({ $0.take() }) else { return }
        _ = try? await BlockingThread.run("kafka-log") { producer.close(timeoutMilliseconds: 1_000) }
    }

    private func current() throws -> KafkaProducer {
        try producer.withLock { producer in
            if let producer { return producer }
            let new = try KafkaProducer(configuration)
            producer = new
            return new
        }
    }

    /// Closing waits, and so has a thread of its own.
    private func retire(_ ended: KafkaProducer) {
        let wasCurrent = producer.withLock { producer in
            guard producer === ended else { return false }
            producer = nil
            return true
        }
        if wasCurrent { try? BlockingThread.start("kafka-log") { ended.close(timeoutMilliseconds: 1_000) } }
    }

    private func message(for event: Event, by person: Identifier?) -> KafkaProducer.Message {
        let (topic, key, value) = encoder.encode(event, by: person)
        return KafkaProducer.Message(topic: topics[topic], key: key, value: value)
    }

    /// Messages of one key one after the other, those of different keys at the same time.
    private func append(
        _ messages: [KafkaProducer.Message],
        to producer: KafkaProducer
    ) async throws -> [LogPosition] {
        let byKey = Dictionary(grouping: messages.indices) { messages[$0].key }
        return try await withThrowingTaskGroup(of: [(Int, LogPosition)].self) { group in
            for places in byKey.values {
                group.addTask {
                    var positions: [(Int, LogPosition)] = []
                    for place in places {
                        let message = messages[place]
                        let receipt = try await producer.send(message)
                        let partition = LogPartition(topic: message.topic, partition: receipt.partition)
                        positions.append((place, LogPosition(partition: partition, offset: receipt.offset)))
                    }
                    return positions
                }
            }
            var positions: [(Int, LogPosition)] = []
            for try await some in group { positions += some }
            return positions.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }
}
