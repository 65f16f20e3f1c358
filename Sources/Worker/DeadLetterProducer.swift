internal import Events
internal import Log

/// Writes records that cannot be applied to the dead-letter topic: byte for byte, with headers that give the reason.
struct DeadLetterProducer {
    private let producer: any LogProducer
    private let topic: String

    init(producer: any LogProducer, topic: String) {
        self.producer = producer
        self.topic = topic
    }

    /// Records with larger values, in bytes, are written one by one, because the broker may refuse them.
    private static let large = 900_000

    /// Returns after the log has stored all of them.
    func write(_ refused: [RefusedRecord]) throws(LogError) {
        if refused.isEmpty { return }
        let isLarge = { (refused: RefusedRecord) in refused.record.withValue { ($0?.count ?? 0) > Self.large } }
        try write(refused.filter { !isLarge($0) }.map { record($0) })
        for item in refused where isLarge(item) {
            do throws(LogError) {
                try write([record(item)])
            } catch {
                guard error.isTooLarge else { throw error }
                try write([record(item, withoutValue: true)])
            }
        }
    }

    /// All lanes write with the same producer, and each waits for its own records.
    private func write(_ records: [ProducerRecord]) throws(LogError) {
        let batch = producer.batch()
        for record in records { try batch.append(record) }
        try batch.wait(timeoutMilliseconds: 10_000)
    }

    /// - Parameter withoutValue: for a record that is too large for the dead-letter topic. Its value is still in the topic
    ///   that it was read from, and the headers give its offset there.
    private func record(_ refused: RefusedRecord, withoutValue: Bool = false) -> ProducerRecord {
        let record = refused.record
        var headers = DeadLetter.headers(
            for: refused.error,
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
