import Kafka
import LocalServers
import Log
import Testing

@Suite("Reading and writing records", .timeLimit(.minutes(1)))
struct RoundTripTests {
    let mock: MockCluster
    let partition = TopicPartition(topic: "orders", partition: 0)

    init() throws {
        mock = try MockCluster()
        try mock.createTopic("orders", partitions: 2)
    }

    @Test("Records are read as they were sent, with null and empty keys, values and headers")
    func roundTrip() async throws {
        let producer = try KafkaProducer(.test(mock.bootstrapServers))
        let headers = [
            RecordHeader(name: "a", value: [1]), RecordHeader(name: "a", value: nil),
            RecordHeader(name: "b", value: []),
        ]
        let pairs: [([UInt8]?, [UInt8]?)] = [(nil, nil), ([], []), ([1, 2], nil), (nil, [0]), ([0], [3, 4])]
        for (index, pair) in pairs.enumerated() {
            let receipt = try await producer.send(
                .init(
                    topic: "orders",
                    partition: 0,
                    key: pair.0,
                    value: pair.1,
                    headers: index == 4 ? headers : [],
                    timestamp: 1_700_000_000_000 + Int64(index)
                )
            )
            #expect(receipt == .init(partition: partition, offset: Int64(index)))
        }
        producer.close(timeoutMilliseconds: 2_000)

        let consumer = try KafkaConsumer(.test(mock.bootstrapServers), group: nil)
        try consumer.assign([partition: .beginning])
        var index = 0
        try consumer.wait(for: "all records") { event -> Void? in
            guard case .record(let record) = event else { return nil }
            #expect(record.copy == Read(offset: Int64(index), key: pairs[index].0, value: pairs[index].1))
            #expect(record.topicPartition == partition)
            #expect(record.timestamp == 1_700_000_000_000 + Int64(index))
            #expect(record.hasHeaders == (index == 4))
            #expect(record.headers == (index == 4 ? headers : []))
            index += 1
            return index == pairs.count ? () : nil
        }
        #expect(try consumer.watermarks(of: partition, timeoutMilliseconds: 5_000) == Watermarks(low: 0, high: 5))
    }

    @Test("A consumer knows the cluster's id before it reads anything")
    func clusterId() throws {
        let consumer = try KafkaConsumer(.test(mock.bootstrapServers), group: nil)
        #expect(try consumer.clusterId(timeoutMilliseconds: 10_000) != nil)
    }

    @Test("Reading starts at the assigned offset, also after another assignment")
    func positions() throws {
        try fill(mock.bootstrapServers, partition, 0..<20)
        let consumer = try KafkaConsumer(.test(mock.bootstrapServers), group: nil)
        try consumer.assign([partition: .offset(15)])
        #expect(try text(consumer.readToEnd()) == (15..<20).map(String.init))
        try consumer.assign([partition: .offset(18)])
        #expect(try text(consumer.readToEnd()) == ["18", "19"])
        try consumer.assign([partition: .beginning])
        #expect(try consumer.readToEnd().count == 20)
    }

    @Test("Records that were fetched before a new assignment are not delivered after it")
    func goingBack() throws {
        try fill(mock.bootstrapServers, partition, 0..<2_000)
        let consumer = try KafkaConsumer(.test(mock.bootstrapServers), group: nil)
        for start in [0, 500, 7, 1_990, 0] as [Int64] {
            try consumer.assign([partition: .offset(start)])
            for expected in start..<min(start + 5, 2_000) {
                let offset = try consumer.wait(for: "a record") { event in
                    if case .record(let record) = event { record.offset } else { nil }
                }
                #expect(offset == expected)
            }
        }
    }

    @Test("Reading works after many rapid assignments and unassignments")
    func rapidAssignments() throws {
        try fill(mock.bootstrapServers, partition, 0..<20)
        let consumer = try KafkaConsumer(.test(mock.bootstrapServers), group: nil)
        for next in 0..<200 as Range<Int64> {
            try consumer.assign([partition: .offset(next % 20)])
            if next % 3 == 0 { try consumer.unassign() }
            if next % 5 == 0 { _ = try consumer.poll(timeoutMilliseconds: 1) }
        }
        try consumer.assign([partition: .offset(15)])
        #expect(try text(consumer.readToEnd()) == (15..<20).map(String.init))
    }

    @Test("A stopped partition delivers no records, and other partitions continue")
    func stopping() throws {
        let other = TopicPartition(topic: "orders", partition: 1)
        try fill(mock.bootstrapServers, partition, 0..<10)
        try fill(mock.bootstrapServers, other, 0..<10)
        let consumer = try KafkaConsumer(.test(mock.bootstrapServers), group: nil)
        try consumer.assign([partition: .beginning, other: .beginning])
        consumer.stop(partition)
        let records = try consumer.readToEnd()
        #expect(records.count == 10)
        try fill(mock.bootstrapServers, partition, 10..<11)
        try fill(mock.bootstrapServers, other, 10..<11)
        let next = try consumer.wait(for: "a record") { event in
            if case .record(let record) = event { record.topicPartition } else { nil }
        }
        #expect(next == other)
    }

    @Test("A record stays valid after its consumer is closed")
    func outliving() throws {
        try fill(mock.bootstrapServers, partition, 0..<1)
        let consumer = try KafkaConsumer(.test(mock.bootstrapServers), group: nil)
        try consumer.assign([partition: .beginning])
        let record = try consumer.wait(for: "a record") { event in
            if case .record(let record) = event { record } else { nil }
        }
        consumer.close(timeoutMilliseconds: 2_000)
        #expect(record.copy.value == Array("0".utf8))
        #expect(throws: LogError.self) { try consumer.poll(timeoutMilliseconds: 0) }
    }
}
