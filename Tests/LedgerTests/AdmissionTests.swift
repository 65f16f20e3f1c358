import Foundation
import Ledger
import LocalServers
import Model
import Redis
import RedisTesting
import SalesRules
import Testing

@Suite("Admission: the checks of a Redis before anything is posted to it")
struct AdmissionTests {
    private let settings = LedgerSettings(rules: Rules(), shards: 2)

    @Test("The first connection stamps the view, and later connections read the same stamp")
    func stamp() async throws {
        try await withRedis { server in
            let first = try await Admission.admit(try await server.connect(), settings)
            let second = try await Admission.admit(try await server.connect(), settings)
            #expect(first == second)
        }
    }

    @Test("An emptied Redis is a new view")
    func emptied() async throws {
        try await withRedis { server in
            let connection = try await server.connect()
            let before = try await Admission.admit(connection, settings)
            _ = try await connection.send("FLUSHALL")
            #expect(try await Admission.admit(connection, settings) != before)
        }
    }

    @Test("A node of a cluster is refused")
    func clusterNode() async throws {
        try await withRedis(["--cluster-enabled", "yes", "--port", "0"]) { server in
            let connection = try await server.connect()
            await #expect { try await Admission.admit(connection, settings) } throws: { error in
                if case LedgerError.unfit(let reason)? = error as? LedgerError {
                    reason.contains("Cluster")
                } else {
                    false
                }
            }
        }
    }

    @Test(
        "A policy that evicts only keys that expire is fine, because no number expires",
        arguments: [("volatile-lru", true), ("allkeys-lru", false), ("allkeys-random", false), ("noeviction", true)]
    )
    func evictionPolicy(policy: String, isFit: Bool) async throws {
        try await withRedis(["--maxmemory", "1gb", "--maxmemory-policy", policy]) { server in
            let info = try await RedisInfo.read(over: try await server.connect())
            #expect((info.unfitReason == nil) == isFit)
        }
    }

    @Test("A replica is refused, and may become a primary by itself")
    func replica() async throws {
        try await withRedis(["--replicaof", "127.0.0.1", "1"]) { server in
            let connection = try await server.connect()
            await #expect { try await Admission.admit(connection, settings) } throws: { error in
                if case LedgerError.replica? = error as? LedgerError { true } else { false }
            }
        }
    }

    @Test("One shard without a stamp makes the whole Redis a new view")
    func oneShard() async throws {
        try await withRedis { server in
            let connection = try await server.connect()
            let before = try await Admission.admit(connection, settings)
            _ = try await connection.send("DEL", settings.keys.view(shard: 1))
            #expect(try await Admission.admit(connection, settings) != before)
        }
    }

    @Test("A restarted Redis is a new view, after its append-only file was rewritten once")
    func restarted() async throws {
        let folder = "/tmp/admission-tests-\(UInt64.random(in: 0...(.max)))"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var stamps: Set<ViewStamp> = []
        for _ in 0..<2 {
            let server = try await RedisServerProcess.start(folder: folder, configuration: ["--appendonly", "yes"])
            for _ in 0..<2 { stamps.insert(try await Admission.admit(try await server.connect(), settings)) }
            #expect(try await server.connect().calls(of: "bgrewriteaof") == 1)
            await server.stop()
        }
        #expect(stamps.count == 2)
    }

    @Test(
        "No connection is admitted while Redis loads its data: INFO then shows no append-only file",
        .timeLimit(.minutes(1))
    )
    func loading() async throws {
        let configuration = ["--appendonly", "yes", "--loading-process-events-interval-bytes", "1024"]
        try await withRedis(configuration) { server in
            let connection = try await server.connect()
            for number in 0..<50 { _ = try await connection.send("SET", "\(number)", "\(UUID()) \(UUID()) \(UUID())") }
            let stamp = try await Admission.admit(connection, settings)
            // In microseconds for each key: one second for all 50.
            _ = try await connection.send("CONFIG", "SET", "key-load-delay", "20000")
            let other = try await server.connect()
            async let loaded = other.send("DEBUG", "LOADAOF")
            var info: [String: String] = [:]
            while info["loading"] != "1" {
                info = try RedisInfo.fields(try await connection.send("INFO", "persistence"))
            }
            #expect(info["aof_enabled"] == "0")
            await #expect { try await Admission.admit(connection, settings) } throws: { error in
                if case LedgerError.notReady? = error as? LedgerError { true } else { false }
            }
            #expect(try await loaded == .status("OK"))
            #expect(try await Admission.admit(connection, settings) == stamp)
        }
    }

    @Test("No connection is admitted while a rebuilt view is swapped in; a swap that is given up releases the hold")
    func held() async throws {
        try await withRedis { server in
            let connection = try await server.connect()
            let before = try await Admission.admit(connection, settings)
            try await ViewSwap.hold(connection, settings.keys, for: .seconds(2))
            await #expect { try await Admission.admit(connection, settings) } throws: { error in
                if case LedgerError.held? = error as? LedgerError { true } else { false }
            }
            while try await connection.send("EXISTS", settings.keys.view(shard: 0)) == .integer(1) {}
            #expect(try await Admission.admit(connection, settings) != before)
        }
    }

    @Test("A view from which Redis has evicted keys is refused for good, also when the policy is corrected")
    func evicted() async throws {
        try await withRedis { server in
            let connection = try await server.connect()
            var fixture = LedgerFixture(connection, settings)
            try await fixture.save(order("SO-1"))
            // So many that the keys of the ledger are hardly ever among the few that are evicted.
            for number in 0..<2_000 {
                _ = try await connection.send("SET", "\(number)", String(repeating: "x", count: 1_000))
            }
            let info = try RedisInfo(RedisInfo.fields(try await connection.send("INFO", "memory")))
            let limit = String(info.usedMemory - 10_000)
            _ = try await connection.send("CONFIG", "SET", "maxmemory-policy", "allkeys-random", "maxmemory", limit)
            while try RedisInfo(RedisInfo.fields(try await connection.send("INFO", "stats"))).evictedKeys == 0 {
                _ = try? await connection.send("SET", "more", "1")
            }
            _ = try await connection.send("CONFIG", "SET", "maxmemory-policy", "noeviction", "maxmemory", "0")
            for _ in 1...2 {
                await #expect { try await Admission.admit(connection, settings) } throws: { error in
                    if case LedgerError.broken(let reason)? = error as? LedgerError {
                        reason.contains("evicted")
                    } else {
                        false
                    }
                }
            }
            let reader = LedgerReader(link: connection, settings: settings)
            await #expect(throws: LedgerError.self) { try await reader.catalog(of: LedgerFixture.tenant) }
        }
    }

    @Test("Keys that were evicted before there were numbers do not matter")
    func evictedBefore() async throws {
        try await withRedis { server in
            let connection = try await server.connect()
            _ = try await connection.send("SET", "large", String(repeating: "x", count: 100_000))
            _ = try await connection.send("CONFIG", "SET", "maxmemory-policy", "allkeys-random", "maxmemory", "1")
            _ = try? await connection.send("SET", "more", "1")
            _ = try await connection.send("CONFIG", "SET", "maxmemory-policy", "noeviction", "maxmemory", "0")
            _ = try await connection.send("FLUSHALL")
            let stamp = try await Admission.admit(connection, settings)
            #expect(stamp.evictedKeys > 0)
            #expect(try await Admission.admit(connection, settings) == stamp)
        }
    }

    @Test("A broken view stays marked when a rebuild gives up its swap")
    func heldBroken() async throws {
        try await withRedis { server in
            let connection = try await server.connect()
            _ = try await Admission.admit(connection, settings)
            try await BrokenView.markPartialPosting("why", over: connection, settings.keys)
            try await ViewSwap.hold(connection, settings.keys, for: .milliseconds(1))
            await #expect { try await Admission.admit(connection, settings) } throws: { error in
                if case LedgerError.broken? = error as? LedgerError { true } else { false }
            }
        }
    }

    @Test("A log of another cluster is refused, and a log of the same cluster is accepted")
    func cluster() async throws {
        try await withRedis { server in
            let connection = try await server.connect()
            try await Admission.checkCluster("one", connection, settings.keys)
            try await Admission.checkCluster("one", connection, settings.keys)
            await #expect { try await Admission.checkCluster("other", connection, settings.keys) } throws: { error in
                if case LedgerError.otherCluster("one", "other")? = error as? LedgerError { true } else { false }
            }
        }
    }

    @Test("After a view is lost, a reader reads the targets again even if the revision is the same")
    func sameRevision() async throws {
        try await withRedis { server in
            var fixture = LedgerFixture(try await server.connect())
            let reader = LedgerReader(link: fixture.connection, settings: fixture.settings)
            try await fixture.save(target("T-1", "own"))
            #expect(try await reader.catalog(of: LedgerFixture.tenant).targets.map(\.target.id) == [id("T-1")])
            _ = try await fixture.connection.send("FLUSHALL")
            fixture = LedgerFixture(fixture.connection)
            try await fixture.save(target("T-2", "own"))
            #expect(try await reader.catalog(of: LedgerFixture.tenant).targets.map(\.target.id) == [id("T-2")])
        }
    }

    @Test("A posting for a lost view is not applied")
    func lostView() async throws {
        try await withRedis { server in
            var fixture = LedgerFixture(try await server.connect())
            try await fixture.save(order("SO-1"))
            let batch = fixture.batch([LedgerFixture.saved(order("SO-2"))])
            let posting = try batch.posting(
                on: try await fixture.read(batch),
                catalogs: fixture.catalogs,
                settings: fixture.settings
            )
            let other = try await server.connect()
            _ = try await other.send("FLUSHALL")
            _ = try await Admission.admit(other, fixture.settings)
            let digest = try await other.digest()
            #expect(try await fixture.post(posting) == .lostRace)
            #expect(try await other.digest() == digest)
        }
    }

    @Test(
        "A lane that was admitted to another view, or whose view is held for a swap, posts nothing",
        arguments: ["held for a rebuilt view", "0a1b 17 0", nil]
    )
    func otherView(view: String?) async throws {
        try await withRedis { server in
            var fixture = LedgerFixture(try await server.connect())
            try await fixture.save(order("SO-1"))
            let key = fixture.settings.keys.view(shard: 0)
            let other = try await server.connect()
            _ = try await view == nil ? other.send("DEL", key) : other.send("SET", key, view ?? "")
            let batch = fixture.batch([LedgerFixture.saved(order("SO-2"))])
            let snapshot = try await fixture.read(batch)
            #expect {
                try batch.derive(from: snapshot, catalogs: fixture.catalogs, settings: fixture.settings)
            } throws: { error in
                if case LedgerError.viewChanged? = error as? LedgerError { true } else { false }
            }
        }
    }
}
