import Foundation
import Ledger
import LocalServers
import Redis
import TestSupport
import Testing

@Suite("A Redis that an operator empties")
struct EmptiedRedisTests {
    @Test("It has a view again after a moment, also when nothing was saved yet", .timeLimit(.minutes(3)))
    func idle() async throws {
        let system = try await System(partitions: 1)
        let connection = try await RedisConnection.connect(to: RedisEndpoint(url: system.redis.url))
        let worker = try system.startWorker(1)
        let view = RedisCommand("GET", system.settings.keys.view(shard: 0))
        do {
            let first = try await value(of: view, over: connection)
            _ = try await connection.one(RedisCommand("FLUSHALL"))
            #expect(try await value(of: view, over: connection) != first)
        } catch {
            Issue.record("\(error)\n\(system.log("worker-1.log").suffix(2_000))")
        }
        connection.closeNow()
        worker.terminate()
        worker.waitUntilExit()
        await system.end()
    }

    /// Waits until the key has a value; the test's time limit ends it.
    private func value(of read: RedisCommand, over connection: RedisConnection) async throws -> RedisValue {
        while true {
            let value = try await connection.one(read)
            if !value.isNull { return value }
            try await Task.sleep(for: .milliseconds(50))
        }
    }
}
