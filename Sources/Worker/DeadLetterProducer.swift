internal import Events
internal import Kafka

/// Puts aside what cannot be applied: byte for byte into the topic of dead letters, with headers that say why.
struct DeadLetterBox {
    private let producer: KafkaProducer
    private let topic: String

    init(producer: KafkaProducer, topic: String) {
        self.producer = producer
        self.topic = topic
    }

    /// Records of more bytes than this go one by one, because a broker may refuse them.
    private static let large = 900_000

    /// Returns once the broker has them all.
    func put(_ refused: [RefusedRecord]) throws(KafkaError) {
        if refused.isEmpty { return }
        let isLarge = { (letter: RefusedRecord) in letter.record.withValue { ($0?.count ?? 0) > Self.large } }
        for letter in refused where !isLarge(letter) { try producer.enqueue(message(letter)) }
        try producer.flush(timeoutMilliseconds: 10_000)
        for letter in refused where isLarge(letter) {
            do throws(KafkaError) {
                try producer.enqueue(message(letter))
                try producer.flush(timeoutMilliseconds: 10_000)
            } catch {
                guard error.isTooLarge else { throw error }
                try producer.enqueue(message(letter, leavingOutValue: true))
                try producer.flush(timeoutMilliseconds: 10_000)
            }
        }
    }

    /// - Parameter leavingOutValue: for a record that is larger than this program can send: it stays where it is, and the
    ///   headers say where that is.
    private func message(_ letter: RefusedRecord, leavingOutValue: Bool = false) -> KafkaProducer.Message {
        let record = letter.record
        let original = record.headers.map { Header(name: $0.name, value: $0.value) }
        var headers = DeadLetter.headers(
            for: letter.error,
            topic: record.topic,
            partition: record.partition,
            offset: record.offset,
            original: original
        )
        if leavingOutValue { headers.append(Header(name: "dead-letter-value", value: Array("left out".utf8))) }
        return KafkaProducer.Message(
            topic: topic,
            partition: nil,
            key: record.withKey { $0.map(Array.init) },
            value: leavingOutValue ? nil : record.withValue { $0.map(Array.init) },
            headers: headers.map { KafkaHeader(name: $0.name, value: $0.value) },
            timestamp: record.timestamp
        )
    }
}
