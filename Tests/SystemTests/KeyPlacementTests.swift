import Concurrency
import Events
import Kafka
import Ledger
import LocalServers
import Log
import Operations
import Redis
import SalesRules
import Testing

@Suite("Keys that another producer wrote", .timeLimit(.minutes(1)))
struct KeyPlacementTests {
    @Test("Keys on the partitions of the same partitioner are no problem")
    func same() async throws {
        #expect(try await problems(writtenBy: "murmur2_random", readBy: nil) == [])
        #expect(try await problems(writtenBy: "consistent_random", readBy: "consistent_random") == [])
    }

    @Test("Keys on other partitions are a problem, with the partitioner that fits them")
    func other() async throws {
        let problems = try await problems(writtenBy: "consistent_random", readBy: nil)
        #expect(problems.count == 1)
        let problem = try #require(problems.first)
        #expect(problem.contains("of the 20 newest keys of sales.orders"))
        #expect(problem.contains("start all workers and servers with --kafka partitioner=consistent_random"))
    }

    private func problems(writtenBy writer: String, readBy reader: String?) async throws -> [String] {
        let mock = try MockCluster()
        let topics = TopicNames()
        for topic in topics.byName.keys { try mock.createTopic(topic, partitions: 4) }
        func backend(_ partitioner: String?) -> KafkaBackend {
            var properties = ["fetch.wait.max.ms": "10"]
            properties["partitioner"] = partitioner
            return KafkaBackend(KafkaConfiguration(bootstrapServers: mock.bootstrapServers, properties: properties))
        }
        let producer = try backend(writer).producer(for: .bulk)
        for number in 0..<20 {
            let key = Array("default/SO-\(number)".utf8)
            _ = try await producer.send(ProducerRecord(topic: topics.orders, key: key, value: [1]))
        }
        producer.close(timeoutMilliseconds: 5_000)
        let settings = OperationsSettings(
            log: backend(reader),
            group: "test",
            topics: topics,
            redis: try RedisEndpoint(url: "redis://127.0.0.1:1/0"),
            ledger: LedgerSettings(rules: Rules(), shards: 1),
            events: try EventSettings(currency: .euro)
        )
        return try await KeyPlacement.problems(settings, unless: StopFlag())
    }
}
