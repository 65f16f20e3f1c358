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

@Suite("Random events through the whole system", .serialized)
struct RandomHistoryTests {
    /// `SALESTARGETS_SEED` repeats one seed; `SALESTARGETS_EVENTS` sets the number of events.
    private static let seed = ProcessInfo.processInfo.environment["SALESTARGETS_SEED"].flatMap { UInt64($0) }
    private static let count = ProcessInfo.processInfo.environment["SALESTARGETS_EVENTS"].flatMap { Int($0) } ?? 100_000

    @Test("Two workers apply 100,000 events, and every number is the one that the rules give", .timeLimit(.minutes(10)))
    func twoWorkers() async throws {
        try await run(seed: Self.seed ?? .random(in: 1...1_000_000), rules: Rules(), shards: 1, kills: 0)
    }

    @Test("The numbers are right when workers are killed and started again", .timeLimit(.minutes(10)))
    func killedWorkers() async throws {
        try await run(
            seed: Self.seed ?? .random(in: 1...1_000_000),
            rules: Rules(ownerCredit: .remainder),
            shards: 1,
            kills: 8
        )
    }

    @Test("The numbers are right with several shards and killed workers", .timeLimit(.minutes(10)))
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
        var model = SalesModel(rules: system.settings.rules)
        var generator = SeededGenerator(seed: seed)
        var killed = 0
        var messages: [ProducerRecord] = []
        for (number, event) in history.enumerated() {
            model.apply(event)
            messages.append(system.message(for: event))
            // Written in parts, so that workers still have records to apply when they are killed.
            guard messages.count >= max(1, count / (2 * max(kills, 4))) || number == count - 1 else { continue }
            try await system.publish(messages)
            messages = []
            if killed < kills {
                let index = Int.random(in: workers.indices, using: &generator)
                kill(workers[index].processIdentifier, SIGKILL)
                workers[index].waitUntilExit()
                workers[index] = try system.startWorker(index)
                killed += 1
            }
        }
        // The broker may serve the join of a killed worker after that of its successor, and then fences the successor: that
        // one ends, and is started again as a service would be.
        try await system.waitUntilApplied() {
            for (index, worker) in workers.enumerated() where !worker.isRunning {
                let lastLine = system.log("worker-\(index).log").split(separator: "\n").last ?? ""
                try #require(lastLine.contains("FENCED_INSTANCE_ID"), "worker \(index) ended: \(lastLine)")
                workers[index] = try system.startWorker(index)
            }
        }
        #expect(killed == kills)
        let running = workers.count { $0.isRunning }
        #expect(running == workers.count)

        let client = RedisClient(try RedisEndpoint(url: system.redis.url))
        let reader = LedgerReader(link: client, settings: system.settings)
        let differences = try await Comparison.differences(reader, model, history)
        let shown = differences.prefix(20).joined(separator: "\n")
        #expect(differences.isEmpty, "seed \(seed): \(differences.count) differences\n\(shown)")
        for source in [Verifier.Source.log, .entries] {
            let found = try await system.verify(source).differences
            #expect(found.isEmpty == differences.isEmpty, "seed \(seed): verify does not agree\n\(found.prefix(20))")
        }
        await client.shutdown()
    }
}
