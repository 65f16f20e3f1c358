internal import Events
internal import Log

/// Writes records that cannot be applied to the topic of dead letters, byte for byte, with headers that say why.
struct DeadLetterProducer {
    private let producer: any LogProducer
    private let topic: String

    init(producer: any LogProducer, topic: String) {
        self.producer = producer
        self.topic = topic
    }

    /// Records of more bytes than this are written one by one, because a broker may refuse them.
    private static let large = 900_000

    /// Returns once the log has all of them.
    func write(_ refused: [RefusedRecord]) throws(LogError) {
        if refused.isEmpty { return }
        let isLarge = { (letter: RefusedRecord) in letter.record.withValue { ($0?.count ?? 0) > Self.large } }
        for letter in refused where !isLarge(letter) { try producer.enqueue(record(letter)) }
        try producer.flush(timeoutMilliseconds: 10_000)
        for letter in refused where isLarge(letter) {
            do throws(LogError) {
                try producer.enqueue(record(letter))
                try producer.flush(timeoutMilliseconds: 10_000)
            } catch {
                guard error.isTooLarge else { throw error }
                try producer.enqueue(record(letter, withoutValue: true))
                try producer.flush(timeoutMilliseconds: 10_000)
            }
        }
    }

    /// - Parameter withoutValue: for a record that is larger than this program can send. It stays where it is, and the
    ///   headers say where that is.
    private func record(_ letter: RefusedRecord, withoutValue: Bool = false) -> ProducerRecord {
        let record = letter.record
        var headers = DeadLetter.headers(
            for: letter.error,
            topic: record.topic,
            partition: record.partition,
            offset: record.offset,
            original: record.headers
        )
        if withoutValue { headers.append(RecordHeader(name: "dead-letter-value", value: Array("left out".utf8))) }
        return ProducerRecord(
            topic: topic,
            partition: nil,
            key: record.withKey { $0.map(Array.init) },
            value: withoutValue ? nil : record.withValue { $0.map(Array.init) },
            headers: headers,
            timestamp: record.timestamp
        )
    }
}
