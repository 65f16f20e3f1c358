import Ledger
import LedgerComparison
import Model
import Redis
import RedisTesting
import SalesRules
import Simulation
import Testing

@Suite("The simulated Redis behaves like a real Redis")
struct DifferentialTests {
    @Test("Random pipelines on several connections give the same replies and the same contents")
    func randomPipelines() async throws {
        try await withRedis { server in
            var lostRaces = 0
            for seed in 0..<50 {
                let pair = Pair(server)
                for _ in 0..<3 { _ = try await pair.connect() }
                var commands = RandomCommands(seed: UInt64(seed))
                var sent: [String] = []
                for _ in 0..<150 {
                    let connection = commands.connection(of: 3)
                    if commands.reconnects() {
                        try await pair.reconnect(connection)
                        sent.append("\(connection) connects again")
                    }
                    let lines = commands.pipeline()
                    sent.append("\(connection): \(lines.joined(separator: "; "))")
                    let replies = try await pair.send(pipeline(lines), on: connection)
                    lostRaces += zip(lines, replies).count { $0 == "EXEC" && $1.isNull }
                    let differences = await pair.differences
                    guard differences.isEmpty else {
                        let before = sent.suffix(30).joined(separator: "\n")
                        Issue.record("seed \(seed): after\n\(before)\n\(differences.joined(separator: "\n"))")
                        return
                    }
                }
                let differences = try await pair.differencesOfContents()
                #expect(differences == [], "seed \(seed)")
                _ = try await server.connect().send(RedisPipeline(RedisCommand("FLUSHALL")))
            }
            #expect(lostRaces > 100, "too few transactions failed because of a watched key")
        }
    }

    @Test(
        "Posting and reading a history gives the same replies and the same contents",
        arguments: [1, 3]
    )
    func history(shards: Int) async throws {
        let history = History(seed: seedOfThisRun, events: 1_500, orders: 100, targets: 20)
        let settings = LedgerSettings(rules: Rules(), shards: shards)
        try await withRedis { server in
            let pair = Pair(server)
            let link = PairLink(pair: pair, connection: try await pair.connect())
            var poster = Poster(link: link, settings: settings, seed: history.seed)
            try await poster.post(history)
            let reader = LedgerReader(link: link, settings: settings)
            // No backfills run here, so the differences from the model are ignored.
            _ = try await Comparison.differences(reader, SalesModel(rules: settings.rules, applying: history), history)
            for tenant in History.tenants { _ = try await reader.people(of: tenant) }
            #expect(await pair.differences.prefix(3) == [], "seed \(history.seed)")
            #expect(try await pair.differencesOfContents().prefix(3) == [], "seed \(history.seed)")
            #expect(await pair.simulated.contents.values.count > 100)
        }
    }
}
