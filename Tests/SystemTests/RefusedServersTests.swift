import Foundation
import Ledger
import LocalServers
import Redis
import TestSupport
import Testing

@Suite("A Redis or a Kafka cluster that would make the numbers wrong", .serialized)
struct RefusedServersTests {
    @Test("A worker writes nothing while Redis may evict keys, and continues afterwards", .timeLimit(.minutes(2)))
    func eviction() async throws {
        let system = try await System(partitions: 1)
        // Each lane checks Redis itself, at its own time; with one lane the test can count the checks.
        let worker = try system.startWorker(0, ["--lanes", "1"])
        defer { kill(worker.processIdentifier, SIGKILL) }
        do {
            let connection = try await RedisConnection.connect(to: RedisEndpoint(url: system.redis.url))
            defer { connection.closeNow() }
            try await system.publish([system.message(for: try System.savedOrder("SO-1"))])
            try await system.waitUntilApplied()

            _ = try await connection.one(RedisCommand("CONFIG", "SET", "maxmemory", "1gb"))
            _ = try await connection.one(RedisCommand("CONFIG", "SET", "maxmemory-policy", "allkeys-lru"))
            try await waitUntilRefused(in: system)
            try await system.publish([system.message(for: try System.savedOrder("SO-2"))])
            // The next check may have begun before the order was written.
            for _ in 0..<2 { try await waitUntilRefused(in: system) }
            #expect(try await system.site.backlog().count == 1)

            _ = try await connection.one(RedisCommand("CONFIG", "SET", "maxmemory-policy", "noeviction"))
            try await system.waitUntilApplied()
            #expect(worker.isRunning)
        } catch {
            Issue.record("\(error)\n\(system.log("worker-0.log").suffix(2_000))")
        }
        await system.end()
    }

    @Test("A worker does not apply the log of another Kafka cluster, and names the cluster of the numbers in Redis")
    func otherCluster() async throws {
        let system = try await System(partitions: 1)
        do {
            let connection = try await RedisConnection.connect(to: RedisEndpoint(url: system.redis.url))
            defer { connection.closeNow() }
            _ = try await connection.one(RedisCommand("SET", system.settings.keys.cluster, "the-other-cluster"))
            try await system.publish([system.message(for: try System.savedOrder("SO-1"))])
            let worker = try system.startWorker(0)
            worker.waitUntilExit()
            #expect(worker.terminationStatus == 3)
            #expect(system.log("worker-0.log").contains("another Kafka cluster (the-other-cluster)"))
            #expect(try await system.site.backlog().count == 1)
        } catch {
            Issue.record("\(error)\n\(system.log("worker-0.log").suffix(2_000))")
        }
        await system.end()
    }

    /// Waits until the worker logs once more that Redis may drop keys.
    private func waitUntilRefused(in system: System) async throws {
        func refusals() -> Int { system.log("worker-0.log").ranges(of: "deletes keys when its memory is full").count }
        let before = refusals()
        let deadline = ContinuousClock.now + .seconds(60)
        while refusals() == before {
            try #require(.now < deadline, "the worker did not refuse a Redis that may drop keys in time")
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}
