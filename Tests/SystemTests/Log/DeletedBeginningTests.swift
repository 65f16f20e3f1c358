import Concurrency
import Foundation
import Kafka
import Ledger
import LocalServers
import Log
import Redis
import SalesRules
import Testing

@Suite("A log whose first records were deleted before they were applied")
struct DeletedBeginningTests {
    private static let topic = "short.orders"
    private static let setting = ["SALESTARGETS_TOPIC_ORDERS": topic]

    @Test("A worker stops the partition and reports it; the remaining records count only after --accept-deleted")
    func deleted() async throws {
        let system = try await System(partitions: 1)
        try await publish(to: system)
        let worker = try system.start(["worker"], log: "worker.log", environment: Self.setting)
        defer { kill(worker.processIdentifier, SIGKILL) }
        let connection = try await RedisConnection.connect(to: RedisEndpoint(url: system.redis.url))
        defer { connection.closeNow() }
        var stopped: [StoppedPartition] = []
        let deadline = ContinuousClock.now + .seconds(30)
        while stopped.isEmpty, .now < deadline {
            stopped = try await StoppedPartitions.all(over: connection, keys: system.settings.keys)
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(stopped.map(\.partition) == [TopicPartition(topic: Self.topic, partition: 0)])
        #expect(stopped.first?.sentence.contains("begins at offset 3") == true, "\(stopped)")
        #expect(try await entries(connection) == 0)

        let refused = try system.start(["rebuild", "--yes"], log: "refused.log", environment: Self.setting)
        refused.waitUntilExit()
        #expect(refused.terminationStatus == 1)
        #expect(system.log("refused.log").contains("short.orders[0] begins at 3"))

        let arguments = ["rebuild", "--yes", "--accept-deleted"]
        let accepted = try system.start(arguments, log: "accepted.log", environment: Self.setting)
        accepted.waitUntilExit()
        #expect(accepted.terminationStatus == 0, "\(system.log("accepted.log"))")
        #expect(try await entries(connection) == 2)
        #expect(worker.isRunning)
        await system.end()
    }

    private func entries(_ connection: RedisConnection) async throws -> Int {
        try await connection.one(RedisCommand("KEYS", "{s0}:o:*")).requireArray().count
    }

    /// Writes three orders that are older than the retention time, waits until the broker deletes them, then writes two.
    private func publish(to system: System) async throws {
        let kafka = system.kafka
        let now = Int64(Date().timeIntervalSince1970 * 1_000)
        let partition = TopicPartition(topic: Self.topic, partition: 0)
        try await BlockingThread.run("publish") {
            let admin = try KafkaAdmin(kafka)
            let topic = KafkaAdmin.NewTopic(
                name: Self.topic,
                partitions: 1,
                configuration: ["retention.ms": "60000"]
            )
            #expect(try admin.createTopics([topic], timeoutMilliseconds: 10_000).values.allSatisfy { $0 == nil })
            let producer = try KafkaProducer(kafka)
            defer { producer.close(timeoutMilliseconds: 5_000) }
            func publish(_ numbers: ClosedRange<Int>, at time: Int64) throws {
                let batch = producer.batch()
                for number in numbers {
                    let value =
                        #"{"type":"order.saved","id":"SO-\#(number)","owner":"u-1","total":"1.00","date":"2026-03-14"}"#
                    try batch.append(
                        ProducerRecord(
                            topic: Self.topic,
                            key: Array("default/SO-\(number)".utf8),
                            value: Array(value.utf8),
                            timestamp: time
                        )
                    )
                }
                try batch.wait(timeoutMilliseconds: 10_000)
            }
            try publish(1...3, at: now - 3_600_000)
            let deadline = ContinuousClock.now + .seconds(30)
            while try admin.watermarks(of: [partition], timeoutMilliseconds: 5_000)[partition]?.low != 3 {
                try #require(.now < deadline, "the broker did not delete the old records in time")
                usleep(20_000)
            }
            try publish(4...5, at: now)
        }
    }
}
