import Events
import Foundation
import Ledger
import LocalServers
import Log
import Redis
import TestSupport
import Testing

@Suite("A log whose last records were lost after one shard had applied them, and written again")
struct ReplacedRecordsTests {
    @Test("A worker stops the partition, although the shard that is behind has applied none of them")
    func aheadOfLog() async throws {
        let system = try await System(shards: 2, partitions: 1)
        try await system.publish((0..<10).map { system.message(for: try System.savedOrder("SO-\($0)")) })
        func run() throws -> (Int32, String) {
            let worker = try system.start(["worker", "--until-caught-up"], log: "worker.log")
            worker.waitUntilExit()
            return (worker.terminationStatus, system.log("worker.log"))
        }
        #expect(try run().0 == 0, "\(system.log("worker.log"))")

        let partition = TopicPartition(topic: system.topics.orders, partition: 0)
        let records = try await system.site.records(of: [partition])[partition] ?? []
        let behind = try #require(records.first { $0.fingerprint.offset == 3 }).fingerprint
        let connection = try await RedisConnection.connect(to: RedisEndpoint(url: system.redis.url))
        for (shard, last) in [Fingerprint(offset: 7, checksum: 1), behind].enumerated() {
            let cursor = Cursor(next: last.offset + 1, last: last)
            let key = system.settings.keys.cursor(partition, shard: shard)
            _ = try await connection.one(RedisCommand("SET", key, cursor.encoded)).checked()
        }
        connection.closeNow()
        let (code, log) = try run()
        #expect(code == 3)
        #expect(log.contains("the record at offset 7 is not the one that was applied"), "\(log)")
        await system.end()
    }
}
