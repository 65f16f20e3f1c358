import Foundation
import Kafka
import Ledger
import LedgerComparison
import LocalServers
import Log
import Model
import Operations
import Redis
import SalesRules
import Testing
import Worker

@Suite("Random histories through the whole system", .serialized)
struct RandomHistoryTests {
    /// `SALESTARGETS_SEED` runs one seed again, `SALESTARGETS_EVENTS` makes the histories longer.
    private static let seed = ProcessInfo.processInfo.environment["SALESTARGETS_SEED"].flatMap { UInt64($0) }
    private static let count = ProcessInfo.processInfo.environment["SALESTARGETS_EVENTS"].flatMap { Int($0) } ?? 100_000

    @Test("100,000 events through two workers come to what the rules say", .timeLimit(.minutes(10)))
    func twoWorkers() async throws {
        try await run(seed: Self.seed ?? .random(in: 1...1_000_000), rules: Rules(), shards: 1, kills: 0)
    }

    @Test("100,000 events come to the same when workers are killed on the way", .timeLimit(.minutes(10)))
    func killedWorkers() async throws {
        try await run(
            seed: Self.seed ?? .random(in: 1...1_000_000),
            rules: Rules(ownerCredit: .remainder),
            shards: 1,
            kills: 8
        )
    }

    @Test("Several shards and killed workers come to the same", .timeLimit(.minutes(10)))
    func shards() async throws {
        try await run(
            seed: Self.seed ?? .random(in: 1...1_000_000),
            rules: Rules(ownerCredit: .none),
            shards: 3,
            kills: 3,
            count: Self.count / 4
        )
    }

    private func run(seed: UInt64, rules: Rules, shards: Int, kills: Int, count: Int = Self.count) async throws {
        print("seed \(seed): \(count) events, \(shards) shard(s), \(kills) kills")
        let system = try await System(rules: rules, shards: shards)
        do {
            try await apply(seed: seed, to: system, kills: kills, count: count)
        } catch {
            Issue.record("seed \(seed): \(error)\n\(system.log("worker-0.log").suffix(2_000))")
        }
        await system.end()
    }

    private func apply(seed: UInt64, to system: System, kills: Int, count: Int) async throws {
        let history = History(seed: seed, events: count, orders: 1_500)
        var workers = [try system.startWorker(0), try system.startWorker(1)]
        defer { for worker in workers { kill(worker.processIdentifier, SIGKILL) } }
        var model = Model(rules: system.settings.rules)
        var generator = SeededGenerator(seed: seed)
        var killed = 0
        var messages: [ProducerRecord] = []
        for (number, event) in history.enumerated() {
            model.apply(event)
            messages.append(system.message(for: event))
            // In pieces, so that workers are in the middle of it when they are killed.
            guard messages.count >= max(1, count / (2 * max(kills, 4))) || number == count - 1 else { continue }
            try await system.publish(messages)
            messages = []
            if killed < kills {
                let victim = Int.random(in: workers.indices, using: &generator)
                kill(workers[victim].processIdentifier, SIGKILL)
                workers[victim].waitUntilExit()
                workers[victim] = try system.startWorker(victim)
                killed += 1
            }
        }
        try await system.waitUntilApplied(seconds: 420)
        #expect(killed == kills)
        let running = workers.count { $0.isRunning }
        #expect(running == workers.count)

        let client = RedisClient(try RedisEndpoint(url: system.redis.url))
        let reader = LedgerReader(link: client, settings: system.settings)
        let differences = try await Comparison.differences(reader, model, history)
        let shown = differences.prefix(20).joined(separator: "\n")
        #expect(differences.isEmpty, "seed \(seed): \(differences.count) differences\n\(shown)")
        for source in [Verifier.Source.log, .entries] {
            let audit = try await system.verify(source).differences
            #expect(audit.isEmpty == differences.isEmpty, "seed \(seed): verify says otherwise\n\(audit.prefix(20))")
        }
        await client.shutdown()
    }
}
