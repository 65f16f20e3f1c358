import Foundation
import HTTPTypes
import HummingbirdTesting
import Ledger
import LocalServers
import Log
import Redis
import SalesRules
import Server
import Synchronization
import Testing

@Suite("The server while Redis or Kafka is unavailable", .timeLimit(.minutes(2)))
struct DegradedTests {
    /// The end of the log and the clock of the server, which the test changes.
    private final class Conditions: Sendable {
        /// Nil while Kafka is unavailable.
        let end = Mutex<Int64?>(10)
        private let seconds = Mutex(0.0)

        var now: Date { ServerFixture.now + seconds.withLock { $0 } }
        func advance(by more: Double) { seconds.withLock { $0 += more } }

        var watermarks: ServerFixture.ReadWatermarks {
            {
                guard let end = self.end.withLock({ $0 }) else { throw Unavailable() }
                return [ServerFixture.orders: Watermarks(low: 0, high: end)]
            }
        }

        private struct Unavailable: Error {}
    }

    private func withConditions(
        _ body: @escaping @Sendable (Conditions, LiveServer) async throws -> Void
    ) async throws {
        try await withFixture(RoleTests.events) { fixture in
            let conditions = Conditions()
            try await fixture.sink.move(ServerFixture.orders, to: 10)
            let client = RedisClient(
                try RedisEndpoint(url: fixture.redis.url),
                timeouts: RedisTimeouts(connect: .milliseconds(500), request: .milliseconds(500))
            )
            let application = try await fixture.application(
                now: conditions.now,
                watermarks: conditions.watermarks,
                client: client
            )
            try await application.test(.live) { httpClient in
                try await body(conditions, LiveServer(fixture: fixture, asker: APIClient(client: httpClient)))
            }
            await client.shutdown()
        }
    }

    /// Repeats the request until the response has this status and `isExpected` accepts it.
    private func until(
        _ server: LiveServer,
        _ path: String,
        _ status: Int,
        _ isExpected: ([String: Any]) -> Bool = { _ in true }
    ) async throws -> APIClient.Answer {
        while true {
            let answer = try await server.asker.get(path)
            if answer.status == status, isExpected(try answer.json()) { return answer }
        }
    }

    private func problems(_ answer: APIClient.Answer) throws -> [String] {
        try #require(try answer.json()["problems"] as? [String])
    }

    @Test("While Redis hangs, requests get 503 with Retry-After and viewers see it; later all recovers by itself")
    func hangingRedis() async throws {
        try await withConditions { _, server in
            _ = try await until(server, "/readyz", 200)
            var viewer = try await server.follow()
            #expect(try await viewer.next("freshness").member("state") == "fresh")
            server.fixture.redis.kill(signal: SIGSTOP)
            try await withThrowingTaskGroup(of: APIClient.Answer.self) { group in
                for _ in 0..<300 { group.addTask { try await server.asker.get("widget") } }
                for try await answer in group {
                    try expectProblem(answer, 503)
                    #expect(answer.headers[.retryAfter] == "1")
                }
            }
            let ready = try await until(server, "/readyz", 503)
            #expect(try ready.json()["redis"] as? Bool == false && ready.json()["kafka"] as? Bool == true)
            #expect(try problems(ready).count == 1 && !ready.text.contains(server.fixture.redis.url))
            let answer = try await until(server, "freshness", 200) { $0["state"] as? String == "redis-away" }
            #expect(try answer.json()["asOf"] is String && answer.json()["behind"] as? Bool == true)
            while try await viewer.next("freshness").member("state") != "redis-away" {}
            server.fixture.redis.kill(signal: SIGCONT)
            _ = try await until(server, "widget", 200)
            #expect(try problems(await until(server, "/readyz", 200)).isEmpty)
            while try await viewer.next("freshness").member("state") != "fresh" {}
        }
    }

    @Test("Without Kafka, results are shown with the time they are from")
    func kafkaAway() async throws {
        try await withConditions { conditions, server in
            let fresh = try await until(server, "freshness", 200) { $0["state"] as? String == "fresh" }
            #expect(fresh.text == #"{"state":"fresh","behind":false,"lag":0,"asOf":"2026-02-05T12:00:00Z"}"#)
            conditions.end.withLock { $0 = nil }
            conditions.advance(by: 60)
            let ready = try await until(server, "/readyz", 503)
            #expect(try problems(ready).first?.contains("--kafka-bootstrap-servers") == true)
            let answer = try await until(server, "freshness", 200) { $0["state"] as? String == "kafka-away" }
            #expect(answer.text == #"{"state":"kafka-away","behind":true,"lag":0,"asOf":"2026-02-05T12:00:00Z"}"#)
            #expect(try await server.asker.get("widget").status == 200)
            conditions.end.withLock { $0 = 10 }
            let back = try await until(server, "freshness", 200) { $0["state"] as? String == "fresh" }
            #expect(back.text.contains("12:01:00Z"))
        }
    }

    @Test("A lag is reported with the time of the results; the server is unready only when nothing is applied")
    func lag() async throws {
        try await withConditions { conditions, server in
            _ = try await until(server, "freshness", 200) { $0["asOf"] != nil }
            conditions.end.withLock { $0 = 14 }
            let waiting = try await until(server, "/readyz", 200) { $0["lag"] as? Int == 4 }
            #expect(try waiting.json()["asOf"] as? String == "2026-02-05T12:00:00Z")
            conditions.advance(by: 30)
            let answer = try await until(server, "freshness", 200) { $0["state"] as? String == "behind" }
            #expect(answer.text == #"{"state":"behind","behind":true,"lag":4,"asOf":"2026-02-05T12:00:00Z"}"#)
            #expect(try await server.asker.get("/readyz", token: nil).status == 200)
            #expect(try await server.metric("salestargets_log_lag_records") == 4)
            let asOf = try await server.asker.get("/metrics", token: nil).text
            #expect(asOf.contains("\nsalestargets_results_as_of_seconds 1770292800.0\n"))
            conditions.advance(by: 210)
            let standstill = try problems(await until(server, "/readyz", 503))
            #expect(standstill.count == 1 && standstill.first?.contains("4 records wait") == true)
            var viewer = try await server.follow()
            while try await viewer.next("freshness").member("state") != "behind" {}
            try await server.fixture.sink.move(ServerFixture.orders, to: 14)
            while try await viewer.next("freshness").member("state") != "fresh" {}
            let back = try await until(server, "freshness", 200) { $0["lag"] as? Int == 0 }
            #expect(back.text.contains("12:04:00Z"))
        }
    }

    @Test(
        "The server is not ready while Redis may evict keys or has numbers of other settings, and it says what to do"
    )
    func unfit() async throws {
        try await withConditions { _, server in
            _ = try await until(server, "/readyz", 200)
            let (connection, keys) = (server.fixture.connection, server.fixture.keys)
            func send(_ command: RedisCommand) async throws {
                _ = try await connection.send(RedisPipeline(command))[0].checked()
            }
            try await send(RedisCommand("CONFIG", "SET", "maxmemory", "1gb", "maxmemory-policy", "allkeys-lru"))
            let evicting = try await until(server, "/readyz", 503)
            #expect(try problems(evicting).first?.contains("set maxmemory-policy to noeviction") == true)
            #expect(try evicting.json()["redis"] as? Bool == true)
            #expect(try await server.metric("salestargets_redis_fit") == 0)
            #expect(try await server.metric("salestargets_redis_up") == 1)
            try await send(RedisCommand("CONFIG", "SET", "maxmemory", "0"))
            _ = try await until(server, "/readyz", 200)
            try await send(RedisCommand("SET", keys.settings(shard: 0), "format=2 currency=USD"))
            let other = try await until(server, "/readyz", 503)
            #expect(try problems(other).first?.contains("salestargets rebuild") == true)
        }
    }

    @Test("Operators see a stopped partition with what to do; viewers see only that results are stopped")
    func stopped() async throws {
        try await withConditions { _, server in
            _ = try await until(server, "/readyz", 200)
            let (link, keys) = (server.fixture.connection, server.fixture.keys)
            let sentence = "its log was cut: run `salestargets rebuild`"
            try await StoppedPartitions.note(ServerFixture.orders, sentence, at: 1, over: link, keys: keys)
            let ready = try await until(server, "/readyz", 503)
            #expect(try problems(ready) == ["sales.orders[0] is stopped: \(sentence)"])
            #expect(try await server.metric("salestargets_partitions_stopped") == 1)
            for (person, role) in [("u-17", Role.salesperson), ("u-boss", .manager), ("crm", .ingest)] {
                let answer = try await server.asker.get("freshness", as: person, role)
                #expect(try answer.status == 200 && answer.json()["state"] as? String == "stopped")
                #expect(!answer.text.contains("sales.orders") && !answer.text.contains("rebuild"))
            }
            try expectProblem(try await server.asker.get("freshness", token: nil), 401)
            try await StoppedPartitions.clear([ServerFixture.orders], over: link, keys: keys)
            _ = try await until(server, "/readyz", 200)
        }
    }
}
