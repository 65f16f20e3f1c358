import Ledger
import Model
import Redis
import SalesRules
import Testing

@Suite("Targets in the ledger")
struct CatalogPostingTests {
    @Test("Rule 5: a shared target that comes later counts what was sold, says so, and then is right")
    func countedIn() async throws {
        try await withRedis { server in
            var scene = Scene(try await server.connect())
            try await scene.save(order("SO-1"), [half])
            try await scene.save(order("SO-2", owner: "ann"))
            try await scene.save(target("T-1", "own", "ann"))
            let reader = LedgerReader(link: try await server.connect(), settings: scene.settings)
            #expect(try await reader.target(id("T-1"), of: Scene.tenant)?.isCounting == true)
            try await scene.countAll()
            let result = try #require(try await reader.target(id("T-1"), of: Scene.tenant))
            #expect(!result.isCounting)
            #expect(result.realized == Tally(revenue: 200_00, orders: 2))
            #expect(
                result.assignees.map(\.tally) == [
                    Tally(revenue: 150_00, orders: 2), Tally(revenue: 100_00, orders: 1),
                ]
            )
        }
    }

    @Test("A target of one person is right from the first moment")
    func singleTarget() async throws {
        try await withRedis { server in
            var scene = Scene(try await server.connect())
            try await scene.save(order("SO-1"), [half])
            try await scene.save(target("T-1", "ann"))
            let reader = LedgerReader(link: try await server.connect(), settings: scene.settings)
            let result = try await reader.target(id("T-1"), of: Scene.tenant)
            #expect(result?.realized == Tally(revenue: 50_00, orders: 1))
            #expect(result?.isCounting == false)
        }
    }

    @Test("An event of a target with a stale version changes nothing, also after a deletion")
    func stale() async throws {
        try await withRedis { server in
            var scene = Scene(try await server.connect())
            try await scene.save(target("T-1", "own", goal: 5, version: 5))
            let revision = scene.catalogs.revision
            try await scene.save(target("T-1", "own", goal: 4, version: 5))
            #expect(scene.catalogs[Scene.tenant][id("T-1")]?.target.goal == 5)
            try await scene.change([(id("T-1"), .deleted(version: 4))])
            #expect(scene.catalogs.revision == revision)
            try await scene.change([(id("T-1"), .deleted(version: 6))])
            try await scene.save(target("T-1", "own", version: 6))
            #expect(scene.catalogs[Scene.tenant].count == 0)
            try await scene.save(target("T-1", "own", version: 7))
            #expect(scene.catalogs[Scene.tenant].count == 1)
        }
    }

    @Test("A new goal alone counts nothing anew")
    func newGoal() async throws {
        try await withRedis { server in
            var scene = Scene(try await server.connect())
            try await scene.save(target("T-1", "own", "ann"))
            try await scene.countAll()
            try await scene.save(target("T-1", "own", "ann", goal: 7))
            #expect(try await CountingPass.jobs(in: scene.connection, keys: scene.settings.keys).isEmpty)
            #expect(scene.catalogs[Scene.tenant][id("T-1")]?.revision == 1)
            #expect(scene.catalogs.revision == 2)
        }
    }

    @Test("Whoever counts with targets that changed meanwhile is told, and nothing is posted")
    func catalogMoved() async throws {
        try await withRedis { server in
            var scene = Scene(try await server.connect())
            try await scene.save(order("SO-1"), [half])
            let before = scene.catalogs
            try await scene.save(target("T-1", "own", "ann"))
            let first = scene.catalogs
            try await scene.save(target("T-2", "own"))
            let digest = try await scene.connection.digest()
            for catalogs in [before, first] {
                await #expect {
                    try await scene.countAll(with: catalogs)
                } throws: {
                    if case LedgerError.catalogMoved = $0 { true } else { false }
                }
            }
            #expect(try await scene.connection.digest() == digest)
        }
    }

    @Test("Counting goes on when another target changes in the middle of it and nothing is sold")
    func changedInTheMiddle() async throws {
        try await withRedis { server in
            var scene = Scene(try await server.connect(), LedgerSettings(rules: Rules(), shards: 3))
            for number in 1...30 {
                try await scene.save(order("SO-\(number)", date: "2026-03-\(number % 9 + 10)"), [half])
            }
            try await scene.save(target("T-1", "own", "ann"))
            let job = try #require(
                try await CountingPass.jobs(in: scene.connection, keys: scene.settings.keys).first
            )
            var pass = CountingPass(of: job.key, job: job.value, settings: scene.settings)
            #expect(try await !pass.step(on: scene.connection, catalogs: scene.catalogs))
            try await scene.save(target("T-2", "bob"))
            for _ in 0..<200 where try await !pass.step(on: scene.connection, catalogs: scene.catalogs) {}
            let reader = LedgerReader(link: scene.connection, settings: scene.settings)
            let result = try await reader.target(id("T-1"), of: Scene.tenant)
            #expect(result?.isCounting == false)
            #expect(result?.realized == Tally(revenue: 3_000_00, orders: 30))
        }
    }

    @Test("Orders of a day of which there are more than a step takes are all counted, and each once")
    func manyOrders() async throws {
        try await withRedis { server in
            var scene = Scene(try await server.connect())
            let count = CountingPass.stepSize * 2 + 1
            try await scene.apply((1...count).map { Scene.saved(order("SO-\($0)"), [half]) })
            try await scene.apply((1...9).map { Scene.saved(order("SO-A\($0)", date: "2026-03-1\($0)"), [half]) })
            try await scene.apply((1...9).map { Scene.saved(order("SO-B\($0)", owner: "bob"), [half]) })
            try await scene.save(target("T-1", "own", "ann"))
            try await scene.countAll()
            let reader = LedgerReader(link: scene.connection, settings: scene.settings)
            let result = try #require(try await reader.target(id("T-1"), of: Scene.tenant))
            let (whole, halves) = (Int64(count + 9), Int64(9))
            #expect(result.realized == Tally(revenue: whole * 100_00 + halves * 50_00, orders: whole + halves))
            #expect(result.assignees.map(\.tally.orders) == [whole + halves, whole])
        }
    }

    @Test("Counting that is cut off goes on where it was over another connection")
    func cutOff() async throws {
        try await withRedis { server in
            var scene = Scene(try await server.connect(), LedgerSettings(rules: Rules(), shards: 3))
            for number in 1...30 {
                try await scene.save(order("SO-\(number)", date: "2026-03-\(number % 9 + 10)"), [half])
            }
            try await scene.save(target("T-1", "own", "ann"))
            let job = try #require(
                try await CountingPass.jobs(in: scene.connection, keys: scene.settings.keys).first
            )
            var pass = CountingPass(of: job.key, job: job.value, settings: scene.settings)
            #expect(try await !pass.step(on: scene.connection, catalogs: scene.catalogs))
            let broken = try await server.connect()
            broken.closeNow()
            for _ in 0..<50 {
                await #expect(throws: LedgerError.self) {
                    try await pass.step(on: broken, catalogs: scene.catalogs)
                }
            }
            while try await !pass.step(on: scene.connection, catalogs: scene.catalogs) {}
            let reader = LedgerReader(link: scene.connection, settings: scene.settings)
            let result = try await reader.target(id("T-1"), of: Scene.tenant)
            #expect(result?.realized == Tally(revenue: 3_000_00, orders: 30))
        }
    }

    @Test("A catalog that was read from a Redis which lost its data is read anew")
    func lostData() async throws {
        try await withRedis { server in
            var scene = Scene(try await server.connect())
            try await scene.save(target("T-1", "own"))
            try await scene.save(target("T-2", "own"))
            _ = try await scene.connection.send("FLUSHALL")
            var other = Scene(scene.connection)
            try await other.save(target("T-3", "own"))
            try await scene.catalogs.refresh(from: scene.connection, keys: scene.settings.keys)
            #expect(scene.catalogs[Scene.tenant].targets.map(\.target.id) == [id("T-3")])
        }
    }

    @Test("Reading goes on from the shard that is furthest behind, or from the beginning")
    func lowestCursor() async throws {
        try await withRedis { server in
            let connection = try await server.connect()
            let keys = KeySpace(shards: 2)
            let partition = Scene.orders
            _ = try await connection.send("SET", keys.cursor(partition, shard: 0), cursor(after: 8).description)
            _ = try await connection.send("SET", keys.cursor(Scene.targets, shard: 0), cursor(after: 2).description)
            func lowest() async throws -> [LogPartition: Cursor] {
                try await Cursors.lowest(
                    of: [partition, Scene.targets],
                    over: connection,
                    keys: keys,
                    catalogTopics: [Scene.targets.topic]
                )
            }
            #expect(try await lowest() == [Scene.targets: cursor(after: 2)])
            _ = try await connection.send("SET", keys.cursor(partition, shard: 1), cursor(after: 5).description)
            #expect(try await lowest() == [Scene.targets: cursor(after: 2), partition: cursor(after: 5)])
        }
    }

    @Test("An order can be asked for once it was saved, and says what it counts for")
    func ordersRead() async throws {
        try await withRedis { server in
            var scene = Scene(try await server.connect())
            let reader = LedgerReader(link: scene.connection, settings: scene.settings)
            let name = id("SO-1")
            try await scene.apply([Event(tenant: Scene.tenant, .order(name, .allocationSaved(half, version: nil)))])
            #expect(try await reader.order(name, of: Scene.tenant) == nil)
            try await scene.apply([
                Event(
                    tenant: Scene.tenant,
                    .order(name, .saved(order("SO-1"), listed: nil, version: nil))
                )
            ])
            #expect(try await reader.order(name, of: Scene.tenant)?.worth?.credits.count == 2)
            #expect(try await reader.order(name, of: id("globex")) == nil)
            try await scene.apply([Event(tenant: Scene.tenant, .order(name, .deleted(version: nil)))])
            let deleted = try #require(try await reader.order(name, of: Scene.tenant))
            #expect(deleted.worth == nil)
            #expect(deleted.entry.allocations == [half])
        }
    }
}

extension Scene {
    /// Counts earlier orders in until no job is left.
    func countAll() async throws { try await countAll(with: catalogs) }

    func countAll(with catalogs: Catalogs) async throws {
        for (key, job) in try await CountingPass.jobs(in: connection, keys: settings.keys) {
            var pass = CountingPass(of: key, job: job, settings: settings)
            while try await !pass.step(on: connection, catalogs: catalogs) {}
        }
    }
}
