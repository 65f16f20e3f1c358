import CKafka
import Concurrency
import Kafka
import LocalServers
import Log
import Testing

@Suite("Closing Kafka clients", .timeLimit(.minutes(1)))
struct ClosingTests {
    @Test("Closing a consumer keeps its deadline when the broker is down")
    func consumer() throws {
        let mock = try MockCluster()
        try mock.createTopic("orders", partitions: 1)
        let consumer = try KafkaConsumer(.test(mock.bootstrapServers), group: "workers")
        try consumer.subscribe(to: ["orders"])
        _ = try consumer.wait(for: "the assignment") { event -> Void? in
            if case .assigned = event { () } else { nil }
        }
        // The broker neither answers nor accepts connections.
        try mock.setDown(broker: 1)
        let start = ContinuousClock.now
        consumer.close(timeoutMilliseconds: 1_000)
        #expect(.now - start < .seconds(2))
        consumer.close(timeoutMilliseconds: 1_000)
    }

    @Test("Closing a producer fails its unwritten records and later sends")
    func producer() async throws {
        let mock = try MockCluster()
        try mock.createTopic("orders", partitions: 1)
        let producer = try KafkaProducer(.test(mock.bootstrapServers))
        try mock.setDown(broker: 1)
        let sent = Task { try await producer.send(.init(topic: "orders", key: nil, value: [1])) }
        try await BlockingThread.run("close") { producer.close(timeoutMilliseconds: 200) }
        await #expect(throws: LogError.self) { try await sent.value }
        await #expect(throws: LogError.self) {
            try await producer.send(.init(topic: "orders", key: nil, value: [1]))
        }
    }

    @Test("Closing a producer during many sends leaves no task waiting")
    func sendingMeanwhile() async throws {
        let mock = try MockCluster()
        try mock.createTopic("orders", partitions: 1)
        for _ in 0..<200 {
            let producer = try KafkaProducer(.test(mock.bootstrapServers))
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask { _ = try? await producer.send(.init(topic: "orders", key: nil, value: [1])) }
                }
                group.addTask {
                    _ = try? await BlockingThread.run("close") { producer.close(timeoutMilliseconds: 0) }
                }
            }
        }
    }

    // In a separate process, because librdkafka counts the threads of all clients.
    @Test("Closed clients leave no threads of librdkafka")
    func threads() async {
        await #expect(processExitsWith: .success) {
            let mock = try MockCluster()
            try mock.createTopic("orders", partitions: 1)
            let partition = TopicPartition(topic: "orders", partition: 0)
            try fill(mock.bootstrapServers, partition, 0..<3)
            let consumer = try KafkaConsumer(.test(mock.bootstrapServers), group: nil)
            try consumer.assign([partition: .beginning])
            #expect(try consumer.readToEnd().count == 3)
            let admin = try KafkaAdmin(.test(mock.bootstrapServers))
            #expect(try admin.partitions(of: ["orders"], timeoutMilliseconds: 5_000) == ["orders": 1])
            consumer.close(timeoutMilliseconds: 5_000)
            // The threads of the mock cluster and the admin client are still running.
            #expect(rd_kafka_thread_cnt() > 0)
            _ = consume admin
            _ = consume mock
            // The thread of the closed producer looks every tenth of a second whether it may end.
            let deadline = ContinuousClock.now + .seconds(30)
            while rd_kafka_thread_cnt() > 0, .now < deadline { await Task.yield() }
            #expect(rd_kafka_thread_cnt() == 0)
        }
    }

    @Test("A blocking thread returns the result or the error, and has the requested stack size")
    func blockingThread() async throws {
        struct Failure: Error {}
        #expect(try await BlockingThread.run("some-lane") { 7 } == 7)
        await #expect(throws: Failure.self) { try await BlockingThread.run("some-lane") { throw Failure() } }
        let depth = try await BlockingThread.run("deep", stackSize: 8 << 20) {
            withUnsafeTemporaryAllocation(byteCount: 6 << 20, alignment: 16) { bytes in
                bytes.initializeMemory(as: UInt8.self, repeating: 1)
                return bytes.count
            }
        }
        #expect(depth == 6 << 20)
    }
}
