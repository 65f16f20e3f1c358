import Ledger
import Log
import Model
import Redis
import RedisTesting
import SalesRules
import Testing

@Suite("Targets in the ledger")
struct CatalogPostingTests {
    @Test("Rule 5: a shared target that is created later is marked as counting until it includes earlier orders")
    func backfilled() async throws {
        try await withRedis { server in
            var fixture = LedgerFixture(try await server.connect())
            try await fixture.save(order("SO-1"), [half])
            try await fixture.save(order("SO-2", owner: "ann"))
            try await fixture.save(target("T-1", "own", "ann"))
            let reader = LedgerReader(link: try await server.connect(), settings: fixture.settings)
            #expect(try await reader.target(id("T-1"), of: LedgerFixture.tenant)?.isCounting == true)
            try await fixture.countAll()
            let result = try #require(try await reader.target(id("T-1"), of: LedgerFixture.tenant))
            #expect(!result.isCounting)
            #expect(result.realized == Tally(revenue: 200_00, orders: 2))
            #expect(
                result.assignees.map(\.tally) == [
                    Tally(revenue: 150_00, orders: 2), Tally(revenue: 100_00, orders: 1),
                ]
            )
        }
    }

    @Test("A target of one person is right at once, without a backfill")
    func singleTarget() async throws {
        try await withRedis { server in
            var fixture = LedgerFixture(try await server.connect())
            try await fixture.save(order("SO-1"), [half])
            try await fixture.save(target("T-1", "ann"))
            let reader = LedgerReader(link: try await server.connect(), settings: fixture.settings)
            let result = try await reader.target(id("T-1"), of: LedgerFixture.tenant)
            #expect(result?.realized == Tally(revenue: 50_00, orders: 1))
            #expect(result?.isCounting == false)
        }
    }

    @Test("A target event with a stale version changes nothing, also after a deletion")
    func stale() async throws {
        try await withRedis { server in
            var fixture = LedgerFixture(try await server.connect())
            try await fixture.save(target("T-1", "own", goal: 5, version: 5))
            let revision = fixture.catalogs.revision
            try await fixture.save(target("T-1", "own", goal: 4, version: 5))
            #expect(fixture.catalogs[LedgerFixture.tenant][id("T-1")]?.target.goal == 5)
            try await fixture.change([(id("T-1"), .deleted(version: 4))])
            #expect(fixture.catalogs.revision == revision)
            try await fixture.change([(id("T-1"), .deleted(version: 6))])
            try await fixture.save(target("T-1", "own", version: 6))
            #expect(fixture.catalogs[LedgerFixture.tenant].count == 0)
            try await fixture.save(target("T-1", "own", version: 7))
            #expect(fixture.catalogs[LedgerFixture.tenant].count == 1)
        }
    }

    @Test("A new goal alone starts no backfill")
    func newGoal() async throws {
        try await withRedis { server in
            var fixture = LedgerFixture(try await server.connect())
            try await fixture.save(target("T-1", "own", "ann"))
            try await fixture.countAll()
            try await fixture.save(target("T-1", "own", "ann", goal: 7))
            #expect(try await Backfill.jobs(in: fixture.connection, keys: fixture.settings.keys).isEmpty)
            #expect(fixture.catalogs[LedgerFixture.tenant][id("T-1")]?.revision == 1)
            #expect(fixture.catalogs.revision.number == 2)
        }
    }

    @Test("A backfill with an outdated catalog fails and posts nothing")
    func catalogChanged() async throws {
        try await withRedis { server in
            var fixture = LedgerFixture(try await server.connect())
            try await fixture.save(order("SO-1"), [half])
            let before = fixture.catalogs
            try await fixture.save(target("T-1", "own", "ann"))
            let first = fixture.catalogs
            try await fixture.save(target("T-2", "own"))
            let digest = try await fixture.connection.digest()
            for catalogs in [before, first] {
                await #expect {
                    try await fixture.countAll(with: catalogs)
                } throws: {
                    if case LedgerError.catalogChanged = $0 { true } else { false }
                }
            }
            // All that is left is the note that a backfill has begun.
            _ = try await fixture.connection.send("DEL", fixture.settings.keys.backfillProgress(shard: 0))
            #expect(try await fixture.connection.digest() == digest)
        }
    }

    @Test("A backfill continues when another target changes during it")
    func changedInTheMiddle() async throws {
        try await withRedis { server in
            var fixture = LedgerFixture(try await server.connect(), LedgerSettings(rules: Rules(), shards: 3))
            for number in 1...30 {
                try await fixture.save(order("SO-\(number)", date: "2026-03-\(number % 9 + 10)"), [half])
            }
            try await fixture.save(target("T-1", "own", "ann"))
            let job = try #require(
                try await Backfill.jobs(in: fixture.connection, keys: fixture.settings.keys).first
            )
            var backfill = Backfill(of: job.key, job: job.value, settings: fixture.settings)
            #expect(try await backfill.step(on: fixture.connection, catalogs: fixture.catalogs) == .inProgress)
            try await fixture.save(target("T-2", "bob"))
            for _ in 0..<200
            where try await backfill.step(on: fixture.connection, catalogs: fixture.catalogs) == .inProgress {}
            let reader = LedgerReader(link: fixture.connection, settings: fixture.settings)
            let result = try await reader.target(id("T-1"), of: LedgerFixture.tenant)
            #expect(result?.isCounting == false)
            #expect(result?.realized == Tally(revenue: 3_000_00, orders: 30))
        }
    }

    @Test("When a day has more orders than one step reads, each order is counted once")
    func manyOrders() async throws {
        try await withRedis { server in
            var fixture = LedgerFixture(try await server.connect())
            let count = Backfill.stepSize * 2 + 1
            try await fixture.apply((1...count).map { LedgerFixture.saved(order("SO-\($0)"), [half]) })
            try await fixture.apply(
                (1...9).map { LedgerFixture.saved(order("SO-A\($0)", date: "2026-03-1\($0)"), [half]) }
            )
            try await fixture.apply((1...9).map { LedgerFixture.saved(order("SO-B\($0)", owner: "bob"), [half]) })
            try await fixture.save(target("T-1", "own", "ann"))
            try await fixture.countAll()
            let reader = LedgerReader(link: fixture.connection, settings: fixture.settings)
            let result = try #require(try await reader.target(id("T-1"), of: LedgerFixture.tenant))
            let (whole, halves) = (Int64(count + 9), Int64(9))
            #expect(result.realized == Tally(revenue: whole * 100_00 + halves * 50_00, orders: whole + halves))
            #expect(result.assignees.map(\.tally.orders) == [whole + halves, whole])
        }
    }

    @Test("A backfill whose connection breaks continues over another connection")
    func cutOff() async throws {
        try await withRedis { server in
            var fixture = LedgerFixture(try await server.connect(), LedgerSettings(rules: Rules(), shards: 3))
            for number in 1...30 {
                try await fixture.save(order("SO-\(number)", date: "2026-03-\(number % 9 + 10)"), [half])
            }
            try await fixture.save(target("T-1", "own", "ann"))
            let job = try #require(
                try await Backfill.jobs(in: fixture.connection, keys: fixture.settings.keys).first
            )
            var backfill = Backfill(of: job.key, job: job.value, settings: fixture.settings)
            #expect(try await backfill.step(on: fixture.connection, catalogs: fixture.catalogs) == .inProgress)
            let broken = try await server.connect()
            broken.closeNow()
            for _ in 0..<50 {
                await #expect(throws: LedgerError.self) {
                    try await backfill.step(on: broken, catalogs: fixture.catalogs)
                }
            }
            while try await backfill.step(on: fixture.connection, catalogs: fixture.catalogs) == .inProgress {}
            let reader = LedgerReader(link: fixture.connection, settings: fixture.settings)
            let result = try await reader.target(id("T-1"), of: LedgerFixture.tenant)
            #expect(result?.realized == Tally(revenue: 3_000_00, orders: 30))
        }
    }

    @Test("After Redis lost its data, the catalog is read again from scratch")
    func lostData() async throws {
        try await withRedis { server in
            var fixture = LedgerFixture(try await server.connect())
            try await fixture.save(target("T-1", "own"))
            try await fixture.save(target("T-2", "own"))
            _ = try await fixture.connection.send("FLUSHALL")
            var other = LedgerFixture(fixture.connection)
            try await other.save(target("T-3", "own"))
            try await fixture.catalogs.refresh(from: fixture.connection, keys: fixture.settings.keys)
            #expect(fixture.catalogs[LedgerFixture.tenant].targets.map(\.target.id) == [id("T-3")])
        }
    }

    @Test("Reading starts at the lowest cursor of all shards, or at offset 0 if one is missing, and knows those ahead")
    func lowestCursor() async throws {
        try await withRedis { server in
            let connection = try await server.connect()
            let keys = KeySpace(shards: 2)
            let partition = LedgerFixture.orders
            _ = try await connection.send("SET", keys.cursor(partition, shard: 0), cursor(after: 8).encoded)
            _ = try await connection.send(
                "SET",
                keys.cursor(LedgerFixture.targets, shard: 0),
                cursor(after: 2).encoded
            )
            func lowest() async throws -> [TopicPartition: Cursor] {
                try await Cursors.lowest(
                    of: [partition, LedgerFixture.targets],
                    over: connection,
                    keys: keys,
                    catalogTopics: [LedgerFixture.targets.topic]
                )
            }
            func starts() async throws -> [TopicPartition: StartPosition] {
                try await Cursors.starts(
                    of: [partition, LedgerFixture.targets],
                    over: connection,
                    keys: keys,
                    catalogTopics: [LedgerFixture.targets.topic]
                )
            }
            let ofTargets = StartPosition.after(cursor(after: 2))
            #expect(try await lowest() == [LedgerFixture.targets: cursor(after: 2)])
            #expect(
                try await starts() == [
                    LedgerFixture.targets: ofTargets, partition: .offset(0, ahead: [cursor(after: 8)]),
                ]
            )
            _ = try await connection.send("SET", keys.cursor(partition, shard: 1), cursor(after: 5).encoded)
            #expect(try await lowest() == [LedgerFixture.targets: cursor(after: 2), partition: cursor(after: 5)])
            #expect(
                try await starts() == [
                    LedgerFixture.targets: ofTargets,
                    partition: .after(cursor(after: 5), ahead: [cursor(after: 8)]),
                ]
            )
        }
    }

    @Test("An order can be read once it was saved, with its credits")
    func ordersRead() async throws {
        try await withRedis { server in
            var fixture = LedgerFixture(try await server.connect())
            let reader = LedgerReader(link: fixture.connection, settings: fixture.settings)
            let name = id("SO-1")
            try await fixture.apply([
                Event(tenant: LedgerFixture.tenant, .order(name, .allocationSaved(half, version: nil)))
            ])
            #expect(try await reader.order(name, of: LedgerFixture.tenant) == nil)
            try await fixture.apply([
                Event(
                    tenant: LedgerFixture.tenant,
                    .order(name, .saved(order("SO-1"), listed: nil, version: nil))
                )
            ])
            #expect(try await reader.order(name, of: LedgerFixture.tenant)?.worth?.credits.count == 2)
            #expect(try await reader.order(name, of: id("globex")) == nil)
            try await fixture.apply([Event(tenant: LedgerFixture.tenant, .order(name, .deleted(version: nil)))])
            let deleted = try #require(try await reader.order(name, of: LedgerFixture.tenant))
            #expect(deleted.worth == nil)
            #expect(deleted.entry.allocations == [half])
        }
    }
}

extension LedgerFixture {
    /// Runs all backfill jobs to their end.
    func countAll() async throws { try await countAll(with: catalogs) }

    func countAll(with catalogs: Catalogs) async throws {
        for (key, job) in try await Backfill.jobs(in: connection, keys: settings.keys) {
            var backfill = Backfill(of: key, job: job, settings: settings)
            while try await backfill.step(on: connection, catalogs: catalogs) == .inProgress {}
        }
    }
}
