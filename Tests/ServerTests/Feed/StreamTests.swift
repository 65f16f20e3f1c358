import AsyncHTTPClient
import Foundation
import HTTPTypes
import Ledger
import NIOHTTP1
import Redis
import SalesRules
import Synchronization
import Testing

@testable import Server

@Suite("The live feed", .timeLimit(.minutes(5)))
struct StreamTests {
    @Test("An applied order sends each of its targets, in the same JSON as GET /targets/{id}")
    func progress() async throws {
        try await withLiveServer(RoleTests.events) { server in
            var events = try await server.follow()
            try await server.fixture.sink.apply([saved("SO-new", total: "7.00", date: "2026-02-01")])
            for target in ["T-17", "T-both"] {
                let sent = try await events.next("progress", target)
                #expect(try await server.asker.get("targets/\(target)").text == sent.data)
            }
            let results = [try await events.next("results"), try await events.next("results")]
            #expect(
                Set(results.map(\.data)) == [
                    #"{"salesperson":"u-17","year":2026}"#, #"{"salesperson":"all","year":2026}"#,
                ]
            )
        }
    }

    @Test("Many orders in a short time give the right numbers with fewer events than orders")
    func burst() async throws {
        try await withLiveServer(RoleTests.events) { server in
            var events = try await server.follow()
            let count = 200
            for number in 1...count { try await server.fixture.sink.apply([saved("SO-\(number)-x", total: "1.00")]) }
            var seen = 0
            while try await events.next("progress", "T-17").member("orders") != "\(count + 2)" { seen += 1 }
            #expect(seen < count)
        }
    }

    @Test("Changed targets and names are sent, and a target that was deleted or reassigned is removed")
    func catalog() async throws {
        try await withLiveServer(RoleTests.events) { server in
            var manager = try await server.follow()
            var jan = try await server.follow("u-17", .salesperson)
            let sink = server.fixture.sink
            try await sink.apply([target("T-17", title: "Renamed", goal: "1.00", for: ["u-17"])])
            #expect(try await manager.next("progress", "T-17").member("name") == "Renamed")
            #expect(try await jan.next("progress", "T-17").member("name") == "Renamed")
            try await sink.apply([person("u-17", "Jan Jansen")])
            #expect(try await jan.next("progress", "T-17").data.contains("Jan Jansen"))
            try await sink.apply([target("T-both", goal: "1.00", for: ["u-18"])])
            #expect(try await jan.next().map { [$0.name, $0.member("id")] } == ["progress", "T-both"])
            #expect(try await jan.next("removed").data == #"{"id":"T-both"}"#)
            try await sink.apply([Event(tenant: acme, .target(id("T-17"), .deleted(version: nil)))])
            #expect(try await jan.next("removed").data == #"{"id":"T-17"}"#)
            #expect(try await manager.next("removed").data == #"{"id":"T-17"}"#)
        }
    }

    @Test("The feed is refused without a valid token, and to the ingest role")
    func refused() async throws {
        try await withLiveServer(RoleTests.events) { server in
            let tokens = [
                (nil, 401), ("nonsense", 401), (try await ServerFixture.token("u-17", .ingest), 403),
                (try await ServerFixture.token("u-17", .manager, expiresIn: .seconds(-60)), 401),
                (try await ServerFixture.token("u-17", .manager, secret: Array(repeating: 1, count: 32)), 401),
            ]
            for (token, status) in tokens {
                let response = try await server.get(token: token)
                #expect(response.status.code == UInt(status))
                #expect(response.headers.first(name: "content-type") == "application/problem+json")
            }
            #expect(try await server.metric("salestargets_streams") == 0)
        }
    }

    @Test("A salesperson gets only their own events, and another tenant gets none of them")
    func rights() async throws {
        try await withLiveServer(RoleTests.events) { server in
            var person = try await server.follow("u-17", .salesperson)
            var other = try await server.follow(tenant: RoleTests.globex)
            let sink = server.fixture.sink
            try await sink.apply([saved("SO-1", owner: "u-18", total: "1.00", date: "2026-02-01")])
            var manager = try await server.follow()
            try await sink.apply([saved("SO-2", owner: "u-17", total: "2.00", date: "2026-02-01")])
            _ = try await manager.next("progress", "T-17")
            var seen: [String] = []
            while seen.last != "results" {
                let sent = try #require(try await person.next())
                seen.append(sent.name == "results" ? "results" : sent.member("id") ?? "")
                if sent.name == "results" { #expect(sent.member("salesperson") == "u-17") }
            }
            #expect(Set(seen) == ["T-17", "T-both", "results"])
            try await sink.apply([saved("SO-3", total: "3.00", tenant: RoleTests.globex)])
            #expect(try await other.next()?.member("id") == "T-globex")
        }
    }

    @Test("A viewer who connects again gets the newest missed event of each target")
    func resuming() async throws {
        try await withLiveServer(RoleTests.events) { server in
            let sink = server.fixture.sink
            var first = try await server.follow("u-18", .salesperson)
            try await sink.apply([saved("SO-1", owner: "u-18", total: "1.00")])
            _ = try await first.next("results")
            let last = try #require(first.lastID)
            var observer = try await server.follow()
            for (total, realized) in [("2.00", "62.00"), ("3.00", "63.00")] {
                try await sink.apply([saved("SO-1", owner: "u-18", total: total)])
                while try await observer.next("progress", "T-18").member("realized") != realized {}
                while try await observer.next("results").member("salesperson") != "u-18" {}
            }
            var again = try await server.follow("u-18", .salesperson, after: last)
            var seen: [String?] = []
            while seen.last != "results" {
                let sent = try #require(try await again.next())
                seen.append(sent.name == "results" ? "results" : sent.member("id"))
                if sent.member("id") == "T-18" { #expect(sent.member("realized") == "63.00") }
            }
            #expect(seen.count == 3 && Set(seen) == ["T-18", "T-both", "results"])
            // Nothing is sent twice: the next event is a new one.
            try await sink.apply([target("T-next", goal: "1.00", for: ["u-18"])])
            #expect(try await again.next()?.member("id") == "T-next")
        }
    }

    @Test("A viewer who connects again gets the events after the given event id")
    func givenPosition() async throws {
        try await withLiveServer(RoleTests.events) { server in
            var first = try await server.follow()
            try await server.fixture.sink.apply([target("T-17", goal: "2.00", for: ["u-17"])])
            let before = try #require(try await first.next("progress", "T-17").id)
            var second = try await server.follow()
            try await server.fixture.sink.apply([target("T-17", goal: "3.00", for: ["u-17"])])
            #expect(try await second.next("progress", "T-17").member("goal") == "3.00")
            var again = try await server.follow(after: before)
            #expect(try await again.next()?.member("goal") == "3.00")
        }
    }

    @Test("After an unknown position, the viewer gets the present state of each of their targets")
    func unknownPosition() async throws {
        try await withLiveServer(RoleTests.events) { server in
            var events = try await server.follow("u-17", .salesperson, after: "gone-7")
            #expect(try await events.next()?.member("id") == "T-17")
            #expect(try await events.next()?.member("id") == "T-both")
            #expect(try await events.next()?.data == #"{"salesperson":"u-17","year":2026}"#)
        }
    }

    @Test("A viewer who missed events and has more than a thousand targets gets one reload event")
    func tooManyTargets() async throws {
        let targets = (1...1_001).map { target("T-\($0)", goal: "1.00") }
        try await withLiveServer(Array(targets.prefix(600))) { server in
            try await server.fixture.sink.apply(Array(targets.dropFirst(600)))
            var events = try await server.follow(after: "gone-7")
            let sent = try await events.next()
            #expect(sent?.name == "reload" && sent?.data == "{}")
            var person = try await server.follow("u-18", .salesperson, after: "gone-7")
            #expect(try await person.next()?.name == "results")
        }
    }

    @Test("When the subscription to Redis breaks, every viewer gets the present state of their targets")
    func missed() async throws {
        try await withLiveServer(RoleTests.events) { server in
            var manager = try await server.follow()
            var person = try await server.follow("u-18", .salesperson)
            let kill = RedisCommand("CLIENT", "KILL", "TYPE", "pubsub")
            #expect(try await server.fixture.connection.send(RedisPipeline(kill)) == [.integer(1)])
            for target in ["T-17", "T-18", "T-both"] { #expect(try await manager.next()?.member("id") == target) }
            for target in ["T-18", "T-both"] { #expect(try await person.next()?.member("id") == target) }
            while try await server.metric("salestargets_feed_up") != 1 {}
            try await server.fixture.sink.apply([target("T-new", goal: "1.00", for: ["u-18"])])
            #expect(try await person.next("progress", "T-new").name == "progress")
        }
    }

    @Test("After an announcement that cannot be read, every target is sent")
    func unreadable() async throws {
        try await withLiveServer(RoleTests.events) { server in
            var events = try await server.follow()
            let publish = RedisCommand("PUBLISH", server.fixture.keys.changes(shard: 0), "acme/u-17:2026")
            _ = try await server.fixture.connection.send(RedisPipeline(publish))
            for target in ["T-17", "T-18", "T-both"] { #expect(try await events.next()?.member("id") == target) }
        }
    }

    @Test("A stream ends when its token expires")
    func expiry() async throws {
        let clock = Mutex(ServerFixture.now)
        try await withLiveServer([], now: clock.withLock { $0 }) { server in
            var events = try await server.follow()
            clock.withLock { $0 += 3_660 }
            #expect(try await events.next() == nil)
            #expect(try await server.metric("salestargets_streams") == 0)
        }
    }

    @Test("A stream ends when its session is signed out, or its account is removed", arguments: [true, false])
    func endedSession(isSignedOut: Bool) async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "feed-\(UInt64.random(in: 0...(.max)))").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let file = AccountsFile(path: path)
        try file.update { $0 = try TestAccounts.all() }
        let accounts = try await AccountDirectory(file: path, checkInterval: .zero, logger: quietLogger)
        try await withLiveServer(RoleTests.events, accounts: accounts) { server in
            let token = try await server.asker.signIn("jan", TestAccounts.password).sessionToken
            var events = EventReader(try await server.get(token: token))
            var others = EventReader(
                try await server.get(token: try await server.asker.signIn("marit", TestAccounts.password).sessionToken)
            )
            if isSignedOut {
                let headers: HTTPFields = [.authorization: "Bearer \(token)"]
                #expect(try await server.asker.send("session", headers: headers, method: .delete).status == 204)
            } else {
                try file.update { $0[try #require(Username("jan"))] = nil }
            }
            while try await events.next() != nil {}
            #expect(try await server.metric("salestargets_streams") == 1)
            try await server.fixture.sink.apply([saved("SO-9", total: "1.00")])
            #expect(try await others.next("progress").data.contains("T-17"))
        }
    }

    @Test("A viewer who closes the connection, and a HEAD request, leave no open stream")
    func closedConnection() async throws {
        try await withLiveServer(RoleTests.events) { server in
            let token = try await ServerFixture.token("u-boss", .manager)
            #expect(try await server.asker.get("stream", token: token, method: .head).status == 200)
            #expect(try await server.metric("salestargets_streams") == 0)
            do {
                var events = try await server.follow()
                #expect(try await server.metric("salestargets_streams") == 1)
                try await server.fixture.sink.apply([saved("SO-1", total: "1.00")])
                _ = try await events.next()
            }
            while try await server.metric("salestargets_streams") != 0 {}
        }
    }

    @Test("When the server stops, every stream ends within five seconds and without an error")
    func shutdown() async throws {
        let (stopping, stopped) = AsyncStream.makeStream(of: EventReader.self)
        let start = Mutex(ContinuousClock.now)
        try await withLiveServer(RoleTests.events) { server in
            for _ in 0..<3 { stopped.yield(try await server.follow()) }
            stopped.finish()
            start.withLock { $0 = .now }
        }
        #expect(start.withLock { $0 }.duration(to: .now) < .seconds(5))
        for await var events in stopping { #expect(try await events.next() == nil) }
    }

    @Test("A viewer who does not read gets fewer and newer events, and delays neither other viewers nor the stop")
    func slowViewer() async throws {
        // Large enough to fill the socket buffers of the operating system.
        let people = (1...1_000).map { "u-\($0)-\(String(repeating: "x", count: 90))" }
        let start = Mutex(ContinuousClock.now)
        try await withLiveServer([target("T-large", goal: "1.00", for: people)]) { server in
            var slow = try await server.follow()
            let stuck = try await server.follow()
            var fast = try await server.follow()
            let changes = 60
            for goal in 2...changes {
                try await server.fixture.sink.apply([target("T-large", goal: "\(goal).00", for: people)])
                #expect(try await fast.next("progress").member("goal") == "\(goal).00")
            }
            var seen = 1
            while try await slow.next("progress").member("goal") != "\(changes).00" { seen += 1 }
            #expect(seen < changes - 1)
            start.withLock { $0 = .now }
            withExtendedLifetime(stuck) {}
        }
        #expect(start.withLock { $0 }.duration(to: .now) < .seconds(5))
    }
}
