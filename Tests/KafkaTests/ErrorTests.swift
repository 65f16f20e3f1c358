import Concurrency
import Kafka
import LocalServers
import Log
import Testing

@Suite("Kafka errors", .timeLimit(.minutes(1)))
struct ErrorTests {
    @Test("An unknown property is named in the error")
    func unknownProperty() throws {
        let error = try #require(throws: LogError.self) {
            try KafkaConsumer(
                .init(bootstrapServers: "127.0.0.1:1", properties: ["sesion.timeout.ms": "5"]),
                group: nil
            )
        }
        #expect(error.description.contains("sesion.timeout.ms"))
    }

    @Test(
        "An error never contains the value of a property, which may be a secret",
        arguments: [
            ["sasl.mechanism": "hunter2", "security.protocol": "sasl_plaintext"], ["sasl.pasword": "hunter2"],
            ["security.protocol": "hunter2"],
            ["ssl.key.password": "hunter2", "security.protocol": "ssl", "ssl.key.pem": "hunter2"],
        ]
    )
    func secrets(properties: [String: String]) throws {
        let configuration = KafkaConfiguration(bootstrapServers: "127.0.0.1:1", properties: properties)
        let error = try #require(throws: LogError.self) { try KafkaProducer(configuration) }
        var dumped = ""
        dump(configuration, to: &dumped)
        for shown in [
            "\(error)", String(reflecting: error), "\(configuration)", String(reflecting: configuration), dumped,
        ] {
            #expect(!shown.contains("hunter2"), "\(shown)")
        }
    }

    @Test(
        "A property that the consumer depends on cannot be changed",
        arguments: [
            "enable.auto.commit": "true", "auto.offset.reset": "latest", "enable.partition.eof": "false",
            "partition.assignment.strategy": "cooperative-sticky", "bootstrap.servers": "elsewhere:9092",
            "isolation.level": "read_uncommitted",
        ]
    )
    func forced(name: String, value: String) throws {
        let error = try #require(throws: LogError.self) {
            try KafkaConsumer(.init(bootstrapServers: "127.0.0.1:1", properties: [name: value]), group: "workers")
        }
        #expect(error.subject == "property \(name)")
    }

    @Test("The largest message may be larger than what a consumer fetches at a time")
    func largeMessages() {
        #expect(throws: Never.self) {
            try KafkaConsumer(
                .init(bootstrapServers: "127.0.0.1:1", properties: ["message.max.bytes": "10000000"]),
                group: nil
            )
        }
    }

    @Test("An unreachable broker is reported with its address and what to check")
    func unreachable() throws {
        let admin = try KafkaAdmin(.init(bootstrapServers: "127.0.0.1:1"))
        let error = try #require(throws: LogError.self) {
            try admin.partitions(of: [], timeoutMilliseconds: 300)
        }
        #expect(error.isRetriable)
        #expect(error.description.contains("127.0.0.1:1"))
        #expect(error.description.contains("check that the brokers run"))
    }

    @Test("A write error is thrown by send, or by the batch that the record is in, and by no other batch")
    func undelivered() async throws {
        let mock = try MockCluster()
        try mock.createTopic("orders", partitions: 1)
        let producer = try KafkaProducer(.test(mock.bootstrapServers, ["message.timeout.ms": "500"]))
        _ = try await producer.send(.init(topic: "orders", key: nil, value: [1]))
        try mock.setDown(broker: 1)
        let sent = await #expect(throws: LogError.self) {
            try await producer.send(.init(topic: "orders", partition: 0, key: nil, value: [2]))
        }
        #expect(sent?.topicPartition == TopicPartition(topic: "orders", partition: 0))
        #expect(sent?.isTimeout == true)
        let (first, second) = (producer.batch(), producer.batch())
        for _ in 0..<3 { try first.append(.init(topic: "orders", key: nil, value: [3])) }
        try second.append(.init(topic: "orders", key: nil, value: [4]))
        let three = try #require(throws: LogError.self) { try first.wait(timeoutMilliseconds: 30_000) }
        #expect(three.reason.contains("3 messages"))
        let one = try #require(throws: LogError.self) { try second.wait(timeoutMilliseconds: 30_000) }
        #expect(one.isTimeout && !one.reason.contains("messages"))
        #expect(throws: Never.self) { try producer.batch().wait(timeoutMilliseconds: 30_000) }
    }

    @Test("A retriable error of the broker is retried without writing twice")
    func retried() async throws {
        let mock = try MockCluster()
        try mock.createTopic("orders", partitions: 1)
        let producer = try KafkaProducer(.test(mock.bootstrapServers, ["retry.backoff.ms": "10"]))
        // NOT_ENOUGH_REPLICAS, twice.
        mock.pushErrors(requestKey: 0, errors: [19, 19])
        let receipt = try await producer.send(.init(topic: "orders", key: nil, value: [1]))
        #expect(receipt == .init(partition: TopicPartition(topic: "orders", partition: 0), offset: 0))
        #expect(try await producer.send(.init(topic: "orders", key: nil, value: [1])).offset == 1)
    }

    /// A producer whose first record gets OUT_OF_ORDER_SEQUENCE_NUMBER, which is impossible for a first one.
    private func producer(losingItsClient mock: MockCluster) throws -> KafkaProducer {
        try mock.createTopic("orders", partitions: 1)
        mock.pushErrors(requestKey: 0, errors: [45])
        return try KafkaProducer(.test(mock.bootstrapServers))
    }

    @Test("After an error that ends its client a producer goes on with a new one")
    func fatal() async throws {
        let mock = try MockCluster()
        let producer = try producer(losingItsClient: mock)
        let error = await #expect(throws: LogError.self) {
            try await producer.send(.init(topic: "orders", key: nil, value: [1]))
        }
        #expect(error?.isFatal == true && error?.isRetriable == true, "\(String(describing: error))")
        #expect(try await producer.send(.init(topic: "orders", key: nil, value: [2])).offset == 0)
    }

    @Test("A batch says that its records may be written again when its client has ended")
    func fatalBatch() async throws {
        let mock = try MockCluster()
        let producer = try producer(losingItsClient: mock)
        let error = try await BlockingThread.run("batch") { () -> LogError? in
            let batch = producer.batch()
            try batch.append(.init(topic: "orders", key: nil, value: [1]))
            do throws(LogError) {
                try batch.wait(timeoutMilliseconds: 30_000)
                return nil
            } catch {
                return error
            }
        }
        #expect(error?.isFatal == true && error?.isRetriable == true, "\(String(describing: error))")
        #expect(try await producer.send(.init(topic: "orders", key: nil, value: [2])).offset == 0)
    }
}
