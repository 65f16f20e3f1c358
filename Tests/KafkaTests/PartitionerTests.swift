import Kafka
import LocalServers
import Log
import Testing

@Suite("Where a producer puts keys", .timeLimit(.minutes(1)))
struct PartitionerTests {
    private static let partitions: Int32 = 12

    /// From the tests of Kafka's Java client (`UtilsTest.testMurmur2`).
    private static let murmur2: [(key: String, hash: Int32)] = [
        ("21", -973_932_308), ("foobar", -790_332_482), ("a-little-bit-long-string", -985_981_536),
        ("a-little-bit-longer-string", -1_486_304_829),
        ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971), ("abc", 479_470_107),
    ]

    @Test("A key gets the partition that Kafka's Java client gives it")
    func likeJava() async throws {
        let mock = try MockCluster()
        try mock.createTopic("orders", partitions: Self.partitions)
        let backend = KafkaBackend(.test(mock.bootstrapServers))
        let producer = try backend.producer(for: .bulk)
        for (key, hash) in Self.murmur2 {
            let written = try await producer.send(ProducerRecord(topic: "orders", key: Array(key.utf8), value: [1]))
            #expect(written.partition.partition == (hash & 0x7fff_ffff) % Self.partitions, "\(key)")
        }
        producer.close(timeoutMilliseconds: 2_000)
    }

    @Test(
        "A key is expected where a producer with that partitioner puts it",
        arguments: ["murmur2", "murmur2_random", "consistent", "consistent_random", "fnv1a", "fnv1a_random"]
    )
    func expected(partitioner: String) async throws {
        let mock = try MockCluster()
        try mock.createTopic("orders", partitions: Self.partitions)
        let backend = KafkaBackend(.test(mock.bootstrapServers, ["partitioner": partitioner]))
        #expect(backend.partitioner == partitioner)
        let producer = try backend.producer(for: .bulk)
        for number in 0..<20 {
            let key = Array("default/SO-\(number)".utf8)
            let written = try await producer.send(ProducerRecord(topic: "orders", key: key, value: [1]))
            let expected = backend.partition(of: key, among: Self.partitions, by: partitioner)
            #expect(written.partition.partition == expected)
        }
        producer.close(timeoutMilliseconds: 2_000)
    }

    @Test("A random partitioner has no place for a key")
    func random() {
        let backend = KafkaBackend(.test("", ["partitioner": "random"]))
        #expect(backend.partition(of: [1], among: 12, by: backend.partitioner) == nil)
    }
}
