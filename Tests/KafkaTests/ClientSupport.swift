import Kafka
import Log
import Testing

/// A copy of a record's offset, key and value.
struct Read: Equatable {
    let offset: Int64
    let key: [UInt8]?
    let value: [UInt8]?
}

extension KafkaConfiguration {
    /// The configuration for clients of the mock cluster or a test broker.
    static func test(_ servers: String, _ properties: [String: String] = [:]) -> KafkaConfiguration {
        KafkaConfiguration(
            bootstrapServers: servers,
            properties: [
                "fetch.wait.max.ms": "10", "session.timeout.ms": "6000", "heartbeat.interval.ms": "500",
                "receive.message.max.bytes": "2147483647", "reconnect.backoff.ms": "20",
                "reconnect.backoff.max.ms": "100",
            ].merging(properties) { $1 }
        )
    }
}

extension LogRecord {
    var copy: Read {
        Read(offset: offset, key: withKey { $0.map { Array($0) } }, value: withValue { $0.map { Array($0) } })
    }
}

extension KafkaConsumer {
    /// Polls until `handle` returns something.
    func wait<T>(
        for what: Comment,
        seconds: Int = 30,
        sourceLocation: SourceLocation = #_sourceLocation,
        _ handle: (ConsumerEvent) throws -> T?
    ) throws -> T {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while .now < deadline {
            if let event = try poll(timeoutMilliseconds: 100), let result = try handle(event) { return result }
        }
        return try #require(nil as T?, what, sourceLocation: sourceLocation)
    }

    /// All records until the end of one partition.
    func readToEnd() throws -> [Read] {
        var records: [Read] = []
        return try wait(for: "the end of the partition") { event in
            switch event {
            case .record(let record):
                records.append(record.copy)
                return nil
            case .caughtUp: return records
            case .stopped(_, let fault): throw fault
            default: return nil
            }
        }
    }
}

/// Writes the numbers of `range` as text values, and waits until they are written.
func fill(
    _ servers: String,
    _ partition: TopicPartition,
    _ range: Range<Int>,
    prefix: String = ""
) throws {
    let producer = try KafkaProducer(.test(servers, ["linger.ms": "0"]))
    let batch = producer.batch()
    for number in range {
        try batch.append(
            .init(
                topic: partition.topic,
                partition: partition.partition,
                key: nil,
                value: Array("\(prefix)\(number)".utf8)
            )
        )
    }
    try batch.wait(timeoutMilliseconds: 10_000)
    producer.close(timeoutMilliseconds: 1_000)
}

func text(_ records: [Read]) -> [String] {
    records.map { String(decoding: $0.value ?? [], as: UTF8.self) }
}
