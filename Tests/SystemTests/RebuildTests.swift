import Concurrency
import Events
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

@Suite("Rebuild makes a new view from the log, and replaces the old view with it", .serialized)
struct RebuildTests {
    @Test("A rebuild repairs a damaged view, and running workers continue with the new view", .timeLimit(.minutes(5)))
    func damaged() async throws {
        try await withApplied(events: 3_000) { system, history, model in
            let worker = try system.startWorker(0)
            defer { kill(worker.processIdentifier, SIGKILL) }
            let connection = try await RedisConnection.connect(to: RedisEndpoint(url: system.redis.url))
            defer { connection.closeNow() }
            let day = system.settings.keys.days(
                DaysKey(tenant: History.tenants[0], person: history.people[0], year: 2026),
                shard: 0
            )
            _ = try await connection.one(RedisCommand("SETRANGE", day, "0", "damage")).checked()
            _ = try await connection.one(RedisCommand("DEL", system.settings.keys.cursor(Self.orders, shard: 0)))
            try Self.rebuild(system)
            try await Self.expectSame(system, history, model)

            let more = History(seed: history.seed + 1, events: 500, orders: 300)
            var both = model
            for event in more { both.apply(event) }
            try await system.publish(more.map { system.message(for: $0) })
            try await system.waitUntilApplied()
            #expect(worker.isRunning)
            try await Self.expectSame(system, more, both)
        }
    }

    @Test("A killed rebuild leaves the old view as it was, and the next rebuild continues it", .timeLimit(.minutes(5)))
    func interrupted() async throws {
        try await withApplied(events: 20_000) { system, history, model in
            let first = try system.start(["rebuild", "--yes"], log: "rebuild.log")
            let newView = try await RedisConnection.connect(to: RedisEndpoint(url: system.redis.url + "?db=1"))
            defer { newView.closeNow() }
            let cursor = RedisCommand("EXISTS", system.settings.keys.cursor(Self.orders, shard: 0))
            while try await newView.one(cursor) == .integer(0), first.isRunning {}
            try #require(first.isRunning, "the rebuild ended before the test could kill it")
            kill(first.processIdentifier, SIGKILL)
            first.waitUntilExit()
            try await Self.expectSame(system, history, model)

            try Self.rebuild(system)
            #expect(system.log("rebuild.log").contains("Continues with what an interrupted rebuild left"))
            #expect(try await newView.one(RedisCommand("DBSIZE")) == .integer(0))
            try await Self.expectSame(system, history, model)
        }
    }

    @Test("A rebuild can change the number of shards, and a worker with the old number ends", .timeLimit(.minutes(5)))
    func shards() async throws {
        try await withApplied(events: 3_000) { system, history, model in
            try Self.rebuild(system, ["--shards", "3"])
            let settings = LedgerSettings(rules: system.settings.rules, shards: 3)
            try await Self.expectSame(system, history, model, settings)
            let worker = try system.start(["worker"], log: "old-shards.log")
            worker.waitUntilExit()
            #expect(worker.terminationStatus == 3)
            #expect(system.log("old-shards.log").contains("made with other settings"))
            let verify = try system.start(["verify", "--shards", "3"], log: "verify.log")
            verify.waitUntilExit()
            #expect(verify.terminationStatus == 0, "\(system.log("verify.log"))")
        }
    }

    @Test("Readers see complete numbers during a rebuild", .timeLimit(.minutes(5)))
    func readers() async throws {
        try await withApplied(events: 6_000) { system, history, model in
            let worker = try system.startWorker(0)
            defer { kill(worker.processIdentifier, SIGKILL) }
            let client = RedisClient(try RedisEndpoint(url: system.redis.url))
            let reader = LedgerReader(link: client, settings: system.settings)
            let expected = model.figures(of: History.tenants[0]).year(2026, of: nil, measure: .orders)
            let rebuild = try system.start(["rebuild", "--yes"], log: "rebuild.log")
            while rebuild.isRunning {
                let year = try await reader.year(2026, of: nil, tenant: History.tenants[0], measure: .orders)
                #expect(year.results == expected)
                try await Task.sleep(for: .milliseconds(1))
            }
            #expect(rebuild.terminationStatus == 0, "\(system.log("rebuild.log"))")
            await client.shutdown()
        }
    }

    @Test("It does nothing without --yes, and refuses a database with another program's keys")
    func refusals() async throws {
        try await withApplied(events: 100) { system, history, model in
            let unconfirmed = try system.start(["rebuild"], log: "unconfirmed.log")
            unconfirmed.waitUntilExit()
            #expect(unconfirmed.terminationStatus == 2 && system.log("unconfirmed.log").contains("--yes"))
            let connection = try await RedisConnection.connect(to: RedisEndpoint(url: system.redis.url))
            defer { connection.closeNow() }
            _ = try await connection.one(RedisCommand("SET", "session:1", "another program's")).checked()
            let shared = try system.start(["rebuild", "--yes"], log: "shared.log")
            shared.waitUntilExit()
            #expect(shared.terminationStatus == 1 && system.log("shared.log").contains("session:1"))
            try await Self.expectSame(system, history, model)
        }
    }

    @Test("It does not empty a database that something else has used since the plan was made")
    func databaseInUse() async throws {
        try await withApplied(events: 100) { system, _, _ in
            let operations = try system.operations
            let plan = try await RebuildSurvey(operations).plan(startsOver: false)
            let other = try await RedisConnection.connect(
                to: RedisEndpoint(url: system.redis.url + "?db=\(plan.newDatabase)")
            )
            defer { other.closeNow() }
            _ = try await other.one(RedisCommand("SET", "session:1", "another program's")).checked()
            let rebuild = Rebuild(operations, acceptsDeleted: false, applier: NoApplier())
            await #expect { try await rebuild.run(plan) { _ in } } throws: { error in
                if case RebuildError.databaseInUse? = error as? RebuildError { true } else { false }
            }
            #expect(try await other.one(RedisCommand("GET", "session:1")).string == "another program's")
        }
    }

    @Test("It refuses a Redis where SELECT has no effect, and leaves the view as it is")
    func sameDatabase() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "select-\(UInt64.random(in: 0...(.max)))")
        defer { try? FileManager.default.removeItem(at: folder) }
        // `SELECT 1` is an ECHO here: it answers, and nothing is selected.
        let redis = try await RedisServerProcess.start(
            folder: folder.path,
            configuration: ["--rename-command", "SELECT", "USE", "--rename-command", "ECHO", "SELECT"]
        )
        let system = try await System(partitions: 1)
        let connection = try await RedisConnection.connect(to: RedisEndpoint(url: redis.url))
        for isEmpty in [true, false] {
            if !isEmpty { _ = try await connection.one(RedisCommand("SET", "{s0}:revision", "1")).checked() }
            let rebuild = try system.start(
                ["rebuild", "--yes", "--redis-url", redis.url],
                log: "rebuild.log",
                environment: ["SALESTARGETS_REDIS_URL": redis.url]
            )
            rebuild.waitUntilExit()
            #expect(rebuild.terminationStatus == 1, "\(system.log("rebuild.log"))")
            #expect(try await connection.one(RedisCommand("DBSIZE")) == .integer(isEmpty ? 0 : 1))
        }
        #expect(system.log("rebuild.log").contains("SELECT has no effect"))
        connection.closeNow()
        await redis.stop()
        await system.end()
    }

    private struct NoApplier: LogApplier {
        func apply(
            upTo ends: [TopicPartition: Int64],
            to redis: RedisEndpoint,
            deadLettersFrom: [TopicPartition: Int64],
            stop: StopFlag,
            progress: @escaping @Sendable (Int) -> Void
        ) async throws -> Int { 0 }
    }

    private static let orders = TopicPartition(topic: "sales.orders", partition: 0)

    private static func rebuild(_ system: System, _ arguments: [String] = []) throws {
        let rebuild = try system.start(["rebuild", "--yes"] + arguments, log: "rebuild.log")
        rebuild.waitUntilExit()
        #expect(rebuild.terminationStatus == 0, "\(system.log("rebuild.log"))")
    }

    /// Runs `body` with a system that has applied a random history.
    private func withApplied(events: Int, _ body: (System, History, SalesModel) async throws -> Void) async throws {
        let system = try await System()
        let history = History(seed: .random(in: 1...1_000_000), events: events, orders: 300)
        do {
            try await system.publish(history.map { system.message(for: $0) })
            let worker = try system.start(["worker", "--until-caught-up"], log: "worker.log")
            worker.waitUntilExit()
            #expect(worker.terminationStatus == 0, "\(system.log("worker.log"))")
            try await body(system, history, SalesModel(rules: system.settings.rules, applying: history))
        } catch {
            Issue.record("seed \(history.seed): \(error)\n\(system.log("rebuild.log").suffix(2_000))")
        }
        await system.end()
    }

    private static func expectSame(
        _ system: System,
        _ history: History,
        _ model: SalesModel,
        _ settings: LedgerSettings? = nil
    ) async throws {
        let client = RedisClient(try RedisEndpoint(url: system.redis.url))
        let reader = LedgerReader(link: client, settings: settings ?? system.settings)
        let differences = try await Comparison.differences(reader, model, history)
        #expect(differences.isEmpty, "seed \(history.seed)\n\(differences.prefix(20).joined(separator: "\n"))")
        await client.shutdown()
    }
}
