import Ledger
import Model
import Redis
import RedisTesting
import SalesRules
import Testing

@Suite("Posting")
struct PostingTests {
    @Test(
        "A posting applies nothing when a watched key has changed",
        arguments: ["{s0}:o:acme/SO-1", "{s0}:cursor:sales.orders:0", "{s0}:revision", "{s0}:view"]
    )
    func lostRace(key: String) async throws {
        try await withRedis { server in
            let other = try await server.connect()
            var fixture = LedgerFixture(try await server.connect())
            try await fixture.save(order("SO-1"))
            let batch = fixture.batch([LedgerFixture.saved(order("SO-1", total: 7))])
            let posting = try batch.posting(
                on: try await fixture.read(batch),
                catalogs: fixture.catalogs,
                settings: fixture.settings
            )
            _ = try await other.send("SET", key, "9")
            let digest = try await other.digest()
            #expect(try await fixture.post(posting) == .lostRace)
            #expect(try await other.digest() == digest)
        }
    }

    @Test("A posting is applied when no watched key has changed")
    func applied() async throws {
        try await withRedis { server in
            var fixture = LedgerFixture(try await server.connect())
            try await fixture.save(order("SO-1"))
            let batch = fixture.batch([LedgerFixture.saved(order("SO-1", total: 7))])
            let posting = try batch.posting(
                on: try await fixture.read(batch),
                catalogs: fixture.catalogs,
                settings: fixture.settings
            )
            #expect(!posting.movesNothing)
            #expect(try await fixture.post(posting) == .applied)
        }
    }

    @Test("Rule 8: saving an order without a change changes no number and announces nothing")
    func savedAgain() async throws {
        try await withRedis { server in
            var fixture = LedgerFixture(try await server.connect())
            try await fixture.save(target("T-1", "own", "ann"))
            try await fixture.save(order("SO-1"), [half], version: 1)
            _ = try await fixture.connection.send("CONFIG", "RESETSTAT")
            for version in [nil, 1, 2] as [RecordVersion?] {
                let batch = fixture.batch([LedgerFixture.saved(order("SO-1"), [half], version: version)])
                let snapshot = try await fixture.read(batch)
                let posting = try batch.posting(on: snapshot, catalogs: fixture.catalogs, settings: fixture.settings)
                #expect(posting.movesNothing)
                try await fixture.save(order("SO-1"), [half], version: version)
            }
            #expect(try await fixture.connection.calls(of: "publish") == 0)
            #expect(try await fixture.connection.calls(of: "bitfield") == 0)
            try await fixture.save(order("SO-1", total: 100_01), [half])
            #expect(try await fixture.connection.calls(of: "publish") == 1)
        }
    }

    @Test("A batch that is applied a second time changes nothing")
    func duplicateBatch() async throws {
        let history = History(seed: seedOfThisRun, events: 600, orders: 40)
        let settings = LedgerSettings(rules: Rules(), shards: 2)
        let log = PartitionedEvents(history, partitions: 1)
        let partitions = log.partitions(of: .orders, .allocations, .targets, .people)
        try await withRedis { server in
            let connection = try await server.connect()
            try await LedgerDriver(connection, log, partitions, settings: settings, seed: 1).run()
            let digest = try await connection.digest()
            let second = LedgerDriver(connection, log, partitions, settings: settings, seed: 2)
            try await second.run()
            #expect(second.isDone)
            #expect(try await connection.digest() == digest, "seed \(seedOfThisRun)")
        }
    }

    @Test("Posting and reading with settings that differ from those in Redis is refused")
    func otherSettings() async throws {
        try await withRedis { server in
            var fixture = LedgerFixture(try await server.connect())
            try await fixture.save(order("SO-1"))
            let digest = try await fixture.connection.digest()
            for (settings, difference) in Self.otherSettings {
                var other = LedgerFixture(fixture.connection, settings)
                await expectOtherSettings(difference) { try await other.save(order("SO-2")) }
                await expectOtherSettings(difference) { try await other.save(target("T-1", "own")) }
                let reader = LedgerReader(link: fixture.connection, settings: settings)
                await expectOtherSettings(difference) {
                    _ = try await reader.year(2026, of: nil, tenant: LedgerFixture.tenant, measure: .revenue)
                }
            }
            #expect(try await fixture.connection.digest() == digest)
        }
    }

    private static let otherSettings: [(LedgerSettings, String)] =
        [
            (LedgerSettings(rules: Rules(ownerCredit: .none)), "owner-credit=whole there and owner-credit=none here"),
            (LedgerSettings(rules: Rules(currency: .yen)), "currency=EUR there and currency=JPY here"),
            (
                LedgerSettings(rules: Rules(excludedStatuses: ["Lost, to a rival", "50%"])),
                "excluded-statuses=cancelled there and excluded-statuses=50%25,lost%2C%20to%20a%20rival here"
            ),
            (LedgerSettings(rules: Rules(), shards: 2), "shards=1 there and shards=2 here"),
            (
                input { ($0.timeZone, $0.defaultTenant) = ("Europe/Amsterdam", "acme") },
                "time-zone=UTC there and time-zone=Europe/Amsterdam here; "
                    + "default-tenant=default there and default-tenant=acme here"
            ),
            (
                input { $0.vtigerAmount = "pre_tax_total" },
                "vtiger-amount=hdnGrandTotal there and vtiger-amount=pre_tax_total here"
            ),
            (input { $0.vtigerDate = "duedate" }, "vtiger-date=createdtime there and vtiger-date=duedate here"),
        ]
        + ["orders", "allocations", "targets", "people"].map { topic in
            (
                input { $0.topics[topic] = "crm" }, "topic-\(topic)=sales.\(topic) there and topic-\(topic)=crm here"
            )
        }

    private static func input(_ change: (inout LedgerSettings.Input) -> Void) -> LedgerSettings {
        var input = LedgerSettings.Input()
        change(&input)
        return LedgerSettings(rules: Rules(), input: input)
    }

    private func expectOtherSettings(_ expected: String, _ body: () async throws -> Void) async {
        do {
            try await body()
            Issue.record("no error was thrown")
        } catch LedgerError.otherSettings(let differences) {
            #expect(differences == expected)
        } catch {
            Issue.record(error)
        }
    }

    @Test("Settings of a former form are refused, with what they lack")
    func formerSettings() throws {
        let former = "format=1 currency=EUR owner-credit=whole excluded-statuses=cancelled time-zone=UTC shards=1"
        do throws(LedgerError) {
            try LedgerSettings(rules: Rules()).check(stored: Array(former.utf8))
            Issue.record("no error was thrown")
        } catch {
            let text = "\(error)"
            #expect(text.contains("(format=1 there and format=2 here; no default-tenant there and default-tenant="))
            #expect(!text.contains("currency"))
        }
    }

    @Test(
        "A key of the wrong type is reported as a partial posting",
        arguments: ["{s0}:d:acme/own:2026", "{s0}:i:acme/own:20526"]
    )
    func wrongType(key: String) async throws {
        try await withRedis { server in
            var fixture = LedgerFixture(try await server.connect())
            _ = try await fixture.connection.send("LPUSH", key, "1")
            await expectPartialPosting { try await fixture.save(order("SO-1", date: "2026-03-14")) }
        }
    }

    @Test("A tally that would overflow is reported as a partial posting, and is not changed")
    func overflow() async throws {
        try await withRedis { server in
            var fixture = LedgerFixture(try await server.connect())
            try await fixture.save(order("SO-1", date: "2026-01-01"))
            let key = "{s0}:d:acme/own:2026"
            _ = try await fixture.connection.send("BITFIELD", key, "SET", "i64", "0", String(Int64.max))
            await expectPartialPosting { try await fixture.save(order("SO-2", date: "2026-01-01")) }
            let revenue = try await fixture.connection.send("BITFIELD", key, "GET", "i64", "0")
            #expect(revenue == .array([.integer(.max)]))
        }
    }

    private func expectPartialPosting(_ body: () async throws -> Void) async {
        do {
            try await body()
            Issue.record("no error was thrown")
        } catch LedgerError.partialPosting {
        } catch {
            Issue.record(error)
        }
    }

    @Test("A transaction with a command that Redis refuses to queue is refused as a whole")
    func refused() async throws {
        try await withRedis { server in
            var fixture = LedgerFixture(try await server.connect())
            try await fixture.save(order("SO-1"))
            let batch = fixture.batch([LedgerFixture.saved(order("SO-1", total: 7))])
            let posting = try batch.posting(
                on: try await fixture.read(batch),
                catalogs: fixture.catalogs,
                settings: fixture.settings
            )
            _ = try await fixture.connection.send("CONFIG", "SET", "maxmemory", "1")
            do {
                _ = try await fixture.post(posting)
                Issue.record("no error was thrown")
            } catch LedgerError.refused(let error) {
                #expect(error.code == "OOM")
                #expect(LedgerError.refused(error).isTemporary)
            }
        }
    }

    @Test("A transaction in whose middle Redis runs out of memory is tried again")
    func outOfMemory() async throws {
        try await expectRefusal("OOM") { try await $0.send("CONFIG", "SET", "maxmemory", "1") }
    }

    @Test("A transaction in whose middle Redis becomes a replica is tried again")
    func demoted() async throws {
        try await expectRefusal("READONLY") { try await $0.send("REPLICAOF", "127.0.0.1", "1") }
    }

    /// Expects that EXEC is refused for this reason, and that the reason passes.
    /// - Parameter change: what another client does before EXEC.
    private func expectRefusal(
        _ code: String,
        after change: @Sendable (RedisConnection) async throws -> RedisValue
    ) async throws {
        try await withRedis { server in
            let connection = try await server.connect()
            let begun = RedisPipeline(RedisCommand("MULTI"), RedisCommand("SET", "key", "value"))
            var replies = Array(try await connection.replies(to: begun))
            _ = try await change(try await server.connect())
            replies += try await connection.replies(to: RedisPipeline(RedisCommand("EXEC")))
            #expect {
                try Posting.outcome(of: RedisReplies(replies))
            } throws: { error in
                guard case LedgerError.refused(let refusal)? = error as? LedgerError else { return false }
                return refusal.code == code && LedgerError.refused(refusal).isTemporary
            }
        }
    }

    @Test("A refusal that passes is tried again, and one that a person must mend is not")
    func refusals() {
        for code in ["OOM", "MISCONF", "NOREPLICAS", "READONLY", "LOADING", "BUSY", "CLUSTERDOWN"] {
            let error = LedgerError.refused(RedisServerError("\(code) some words"))
            #expect(error.isTemporary && !error.needsPerson, "\(code)")
        }
        let noRight = LedgerError.refused(RedisServerError("NOPERM this user has no permissions to access the channel"))
        #expect(!noRight.isTemporary && noRight.needsPerson)
        #expect(noRight.description.contains("&{s*}:changes"))
    }
}
