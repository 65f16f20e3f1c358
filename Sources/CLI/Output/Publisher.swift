import Events
import Log
import SalesRules

/// Encodes events as log records.
struct Publisher: Sendable {
    private let topics: TopicNames
    private let encoder: EventEncoder

    init(topics: TopicNames, currency: Currency) {
        self.topics = topics
        encoder = EventEncoder(currency: currency)
    }

    func record(for event: Event) -> ProducerRecord {
        let (topic, key, value) = encoder.encode(event)
        return ProducerRecord(topic: topics[topic], key: key, value: value)
    }
}
