import CKafka
import Foundation
import Kafka
import Log
import TestSupport
import Testing

@Suite("Clients of a real broker", .timeLimit(.minutes(1)), .enabled(if: BrokerProcess.isAvailable))
struct TestBrokerTests {
    let partition = TopicPartition(topic: "orders", partition: 0)

    @Test("Topics are created once, and unknown topics are absent from the partition counts")
    func topics() throws {
        let broker = try BrokerProcess()
        let admin = try KafkaAdmin(.test(broker.bootstrapServers))
        let topic = KafkaAdmin.NewTopic(name: "orders", partitions: 3, configuration: ["retention.ms": "-1"])
        #expect(try admin.createTopics([topic], timeoutMilliseconds: 10_000) == ["orders": nil])
        let again = try admin.createTopics([topic, .init(name: "more", partitions: 1)], timeoutMilliseconds: 10_000)
        #expect(again["orders"]??.isTopicAlreadyExists == true)
        #expect(again["orders"]??.name == "TOPIC_ALREADY_EXISTS")
        #expect(again["more"] == .some(nil))
        #expect(
            try admin.partitions(of: ["orders", "none", "more"], timeoutMilliseconds: 5_000) == [
                "orders": 3, "more": 1,
            ]
        )
        #expect(try admin.partitions(of: ["none"], timeoutMilliseconds: 5_000) == [:])
        try fill(broker.bootstrapServers, partition, 0..<3)
        let watermarks = try admin.watermarks(of: [partition], timeoutMilliseconds: 5_000)
        #expect(watermarks == [partition: Watermarks(low: 0, high: 3)])
    }

    @Test("A topic that was recreated and filled beyond the cursor is stopped")
    func recreated() throws {
        let broker = try BrokerProcess()
        let servers = broker.bootstrapServers
        try make(servers)
        try fill(servers, partition, 0..<10, prefix: "old")
        let last = try #require(try read(servers, .beginning).last)
        try delete(servers)
        try make(servers)
        try fill(servers, partition, 0..<30, prefix: "new")
        let consumer = try KafkaConsumer(.test(servers), group: nil)
        try consumer.assign([partition: .after(Cursor(next: 10, last: last))])
        #expect(throws: LogFault.replaced(offset: 9)) { try consumer.readToEnd() }
    }

    @Test("A log that lost its end during reading, and has grown since, is stopped")
    func lostTail() throws {
        let broker = try BrokerProcess()
        let servers = broker.bootstrapServers
        try make(servers)
        try fill(servers, partition, 0..<10)
        // The state to which the log will return.
        broker.stop()
        let saved = broker.directory.appendingPathExtension("saved")
        try FileManager.default.copyItem(at: broker.directory, to: saved)
        defer { try? FileManager.default.removeItem(at: saved) }
        try broker.restart()
        let consumer = try KafkaConsumer(.test(servers), group: nil)
        try consumer.assign([partition: .beginning])
        #expect(try consumer.readToEnd().count == 10)
        try fill(servers, partition, 10..<15, prefix: "lost")
        var count = 0
        try consumer.wait(for: "the records that will be lost") { event -> Void? in
            if case .record = event { count += 1 }
            return count == 5 ? () : nil
        }
        broker.kill(9)
        try FileManager.default.removeItem(at: broker.directory)
        try FileManager.default.copyItem(at: saved, to: broker.directory)
        try broker.restart()
        try fill(servers, partition, 0..<30, prefix: "new")
        let fault = try consumer.wait(for: "the fault") { event in
            if case .stopped(_, let fault) = event { return fault }
            if case .record(let record) = event { Issue.record("delivered offset \(record.offset)") }
            return nil as LogFault?
        }
        #expect(fault == .replaced(offset: 14))
    }

    @Test("Retention stops a partition only if it deleted records that were not read")
    func retention() throws {
        let broker = try BrokerProcess()
        let servers = broker.bootstrapServers
        let admin = try KafkaAdmin(.test(servers))
        _ = try admin.createTopics(
            [.init(name: "orders", partitions: 1, configuration: ["retention.ms": "1000"])],
            timeoutMilliseconds: 10_000
        )
        try fill(servers, partition, 0..<10)
        let deadline = ContinuousClock.now + .seconds(20)
        while try admin.watermarks(of: [partition], timeoutMilliseconds: 5_000)[partition]?.low != 10 {
            try #require(.now < deadline, "retention did not happen")
        }
        let consumer = try KafkaConsumer(.test(servers), group: nil)
        let last = Fingerprint(offset: 3, checksum: 1)
        try consumer.assign([partition: .after(Cursor(next: 4, last: last))])
        #expect(throws: LogFault.beginningDeleted(next: 4, low: 10)) { try consumer.readToEnd() }
        try consumer.assign([partition: .after(Cursor(next: 10, last: Fingerprint(offset: 9, checksum: 1)))])
        #expect(try consumer.readToEnd().isEmpty)
    }

    private func make(_ servers: String) throws {
        let admin = try KafkaAdmin(.test(servers))
        let made = try admin.createTopics([.init(name: "orders", partitions: 1)], timeoutMilliseconds: 10_000)
        #expect(made == ["orders": nil])
    }

    /// The fingerprints of all records up to the end.
    private func read(_ servers: String, _ start: StartPosition) throws -> [Fingerprint] {
        let consumer = try KafkaConsumer(.test(servers), group: nil)
        try consumer.assign([partition: start])
        var prints: [Fingerprint] = []
        return try consumer.wait(for: "the end") { event in
            if case .record(let record) = event { prints.append(record.fingerprint) }
            if case .caughtUp = event { return prints }
            return nil
        }
    }

    /// Deletes the topic through librdkafka: `KafkaAdmin` has no function for this.
    private func delete(_ servers: String) throws {
        let configuration = rd_kafka_conf_new()
        #expect(rd_kafka_conf_set(configuration, "bootstrap.servers", servers, nil, 0) == RD_KAFKA_CONF_OK)
        let client = try #require(rd_kafka_new(RD_KAFKA_PRODUCER, configuration, nil, 0))
        defer { rd_kafka_destroy(client) }
        let queue = rd_kafka_queue_new(client)
        defer { rd_kafka_queue_destroy(queue) }
        var topics: [OpaquePointer?] = [rd_kafka_DeleteTopic_new("orders")]
        defer { rd_kafka_DeleteTopic_destroy(topics[0]) }
        rd_kafka_DeleteTopics(client, &topics, 1, nil, queue)
        let event = try #require(rd_kafka_queue_poll(queue, 10_000))
        defer { rd_kafka_event_destroy(event) }
        #expect(rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR)
    }
}
