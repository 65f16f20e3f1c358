import Kafka
import LocalServers
import Log
import Testing

@Suite("The consumer compares the log with what was read", .timeLimit(.minutes(1)))
struct LogComparisonTests {
    let mock: MockCluster
    let partition = TopicPartition(topic: "orders", partition: 0)
    let other = TopicPartition(topic: "orders", partition: 1)

    init() throws {
        mock = try MockCluster()
        try mock.createTopic("orders", partitions: 2)
        try fill(mock.bootstrapServers, partition, 0..<10)
    }

    func consumer() throws -> KafkaConsumer { try KafkaConsumer(.test(mock.bootstrapServers), group: nil) }

    func fingerprint(at offset: Int64) throws -> Fingerprint {
        let consumer = try consumer()
        try consumer.assign([partition: .offset(offset)])
        return try consumer.wait(for: "a record") { event in
            if case .record(let record) = event { record.fingerprint } else { nil }
        }
    }

    func fault(_ consumer: KafkaConsumer) throws -> LogFault {
        try consumer.wait(for: "a fault") { event in
            if case .stopped(partition, let fault) = event { fault } else { nil }
        }
    }

    @Test("Reading continues when the log is the same")
    func same() throws {
        let last = try fingerprint(at: 6)
        let consumer = try consumer()
        try consumer.assign([partition: .after(Cursor(next: 7, last: last))])
        #expect(try text(consumer.readToEnd()) == ["7", "8", "9"])
    }

    @Test("At the end of the same log nothing is delivered")
    func atEnd() throws {
        let last = try fingerprint(at: 9)
        let consumer = try consumer()
        try consumer.assign([partition: .after(Cursor(next: 10, last: last))])
        #expect(try consumer.readToEnd().isEmpty)
    }

    @Test("A partition with a different record is stopped, and other partitions continue")
    func replaced() throws {
        try fill(mock.bootstrapServers, other, 0..<3)
        let consumer = try consumer()
        let wrong = Fingerprint(offset: 6, checksum: 1)
        try consumer.assign([
            partition: .after(Cursor(next: 7, last: wrong)), other: .beginning,
        ])
        var fault: LogFault?
        var others = 0
        try consumer.wait(for: "the fault and the other partition's records") { event -> Void? in
            switch event {
            case .stopped(partition, let found): fault = found
            case .record(let record) where record.topicPartition == other: others += 1
            case .record: Issue.record("a record of the stopped partition")
            default: break
            }
            return fault != nil && others == 3 ? () : nil
        }
        #expect(fault == .replaced(offset: 6))
        try fill(mock.bootstrapServers, partition, 10..<12)
        try fill(mock.bootstrapServers, other, 3..<4)
        let next = try consumer.wait(for: "a record") { event in
            if case .record(let record) = event { record.topicPartition } else { nil }
        }
        #expect(next == other)
        try consumer.assign([partition: .offset(10)])
        #expect(try consumer.readToEnd().count == 2)
    }

    @Test("A log that ends before the cursor stops the partition", arguments: [11, 12, 500] as [Int64])
    func beyondEnd(next: Int64) throws {
        let consumer = try consumer()
        let last = Fingerprint(offset: next - 1, checksum: 1)
        try consumer.assign([partition: .after(Cursor(next: next, last: last))])
        #expect(try fault(consumer) == .beyondEnd(next: next, high: 10))
    }

    @Test("A log that ends before the start offset stops the partition, without a fingerprint to compare")
    func beyondEndWithout() throws {
        let consumer = try consumer()
        try consumer.assign([partition: .offset(30)])
        #expect(try fault(consumer) == .beyondEnd(next: 30, high: 10))
    }

    @Test("A broker that is down stops no partition")
    func slowBroker() throws {
        let last = try fingerprint(at: 6)
        try mock.setDown(broker: 1)
        let consumer = try consumer()
        try consumer.assign([partition: .after(Cursor(next: 7, last: last))])
        try consumer.wait(for: "the trouble") { event -> Void? in
            if case .disconnected = event { () } else { nil }
        }
        try mock.setUp(broker: 1)
        #expect(try text(consumer.readToEnd()) == ["7", "8", "9"])
    }

    @Test("After the broker comes back the check is repeated, and nothing is delivered twice")
    func reconnect() throws {
        let consumer = try consumer()
        try consumer.assign([partition: .beginning])
        #expect(try consumer.readToEnd().count == 10)
        try mock.setDown(broker: 1)
        let error = try consumer.wait(for: "the trouble") { event in
            if case .disconnected(let error) = event { error } else { nil }
        }
        #expect(error.isRetriable && !error.isFatal)
        try mock.setUp(broker: 1)
        try fill(mock.bootstrapServers, partition, 10..<12)
        var read: [Read] = []
        try consumer.wait(for: "the new records") { event -> Void? in
            if case .record(let record) = event { read.append(record.copy) }
            return read.count == 2 ? () : nil
        }
        #expect(text(read) == ["10", "11"])
    }
}
