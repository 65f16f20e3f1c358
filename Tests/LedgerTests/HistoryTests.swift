import Ledger
import Log
import Model
import Redis
import RedisTesting
import SalesRules
import Testing

@Suite("Rule 5: after any history every number equals the model's")
struct HistoryTests {
    @Test(
        "A random history in random batches, with backfill steps at random moments",
        arguments: [(1, OwnerCredit.whole), (3, .remainder), (3, .none)]
    )
    func history(shards: Int, ownerCredit: OwnerCredit) async throws {
        let settings = LedgerSettings(rules: Rules(ownerCredit: ownerCredit), shards: shards)
        let history = History(seed: seedOfThisRun, events: 5_000)
        let log = PartitionedEvents(history, partitions: 3)
        try await withRedis { server in
            let driver = LedgerDriver(
                try await server.connect(),
                log,
                log.partitions(of: .orders, .allocations, .targets, .people),
                settings: settings,
                seed: history.seed
            )
            try await driver.run()
            let reader = LedgerReader(link: try await server.connect(), settings: settings)
            try await expectSame(reader, SalesModel(rules: settings.rules, applying: history), history)
        }
    }

    @Test("Two workers on the same orders: one reads the orders, the other the allocations", arguments: [1, 3])
    func race(shards: Int) async throws {
        let history = History(seed: seedOfThisRun, events: 2_500, orders: 60)
        try await race(history, shards: shards) { log in
            [log.partitions(of: .orders, .people), log.partitions(of: .allocations, .targets)]
        }
    }

    @Test("Two workers that both own every partition", arguments: [1, 3])
    func zombie(shards: Int) async throws {
        let history = History(seed: seedOfThisRun &+ 1, events: 2_000, orders: 60)
        try await race(history, shards: shards) { log in
            let all = log.partitions(of: .orders, .allocations, .targets, .people)
            return [all, all]
        }
    }

    private func race(_ history: History, shards: Int, _ share: (PartitionedEvents) -> [[TopicPartition]]) async throws
    {
        let settings = LedgerSettings(rules: Rules(), shards: shards)
        let log = PartitionedEvents(history, partitions: 2)
        try await withRedis { server in
            var drivers: [LedgerDriver] = []
            for (place, partitions) in share(log).enumerated() {
                drivers.append(
                    LedgerDriver(
                        try await server.connect(),
                        log,
                        partitions,
                        settings: settings,
                        seed: history.seed &+ UInt64(place),
                        batchSize: 20
                    )
                )
            }
            for driver in drivers { try await driver.admit() }
            var random = SeededGenerator(seed: history.seed)
            while drivers.contains(where: { !$0.isDone }) {
                try await drivers[Int.random(in: 0..<drivers.count, using: &random)].turn()
            }
            try await drivers[0].run()
            #expect(drivers.map(\.lostRaces).reduce(0, +) > 0, "seed \(history.seed)")
            let reader = LedgerReader(link: try await server.connect(), settings: settings)
            try await expectSame(reader, SalesModel(rules: settings.rules, applying: history), history)
        }
    }
}
