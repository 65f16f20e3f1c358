import Foundation
import HTTPTypes
import HummingbirdTesting
import Ledger
import LocalServers
import Logging
import Redis
import SalesRules
import Testing

@testable import Server

@Suite("Error responses", .timeLimit(.minutes(1)))
struct FailureTests {
    @Test("Without Redis the response is 503 with Retry-After; only the log has the cause", arguments: RoleTests.routes)
    func redisGone(route: String) async throws {
        try await withFixture(RoleTests.events) { fixture in
            let log = RecordedLog()
            try await fixture.application(logger: log.logger).test(.router) { client in
                let server = APIClient(client: client)
                #expect(try await server.get(route).status == 200)
                await fixture.redis.stop()
                let answer = try await server.get(route)
                try expectProblem(answer, 503)
                #expect(answer.headers[.retryAfter] == "1")
                #expect(!answer.text.lowercased().contains("redis"))
                #expect(log.text.contains("Redis"))
            }
        }
    }

    @Test("Repeated failures are logged once a second, with their number")
    func repeatedFailures() {
        let (count, start) = (FailureCount(), ContinuousClock.now)
        #expect(count.count(at: start) == 0)
        for _ in 0..<500 { #expect(count.count(at: start + .milliseconds(999)) == nil) }
        #expect(count.count(at: start + .seconds(1)) == 500)
        #expect(count.count(at: start + .seconds(3)) == 0)
    }

    @Test("Numbers that were computed with other settings are not shown")
    func otherSettings() async throws {
        try await withFixture(RoleTests.events) { fixture in
            let log = RecordedLog()
            let application = try await fixture.application(rules: Rules(ownerCredit: .none), logger: log.logger)
            try await application.test(.router) { client in
                for route in [
                    "widget", "targets", "targets/T-17", "targets/T-17/orders", "orders/SO-17", "salespeople",
                ] {
                    let answer = try await APIClient(client: client).get(route)
                    try expectProblem(answer, 500, "\(route)")
                    #expect(!answer.text.contains("owner-credit"))
                }
                #expect(log.text.contains("owner-credit=whole"))
            }
        }
    }

    @Test("An entry that cannot be read is named in the log, not in the response")
    func corrupt() async throws {
        try await withFixture(RoleTests.events) { fixture in
            let key = fixture.keys.entry(TenantScoped(tenant: acme, id: id("SO-17")), shard: 0)
            _ = try await fixture.connection.send(RedisPipeline(RedisCommand("SET", key, "nonsense")))
            let log = RecordedLog()
            try await fixture.application(logger: log.logger).test(.router) { client in
                for route in ["orders/SO-17", "targets/T-17/orders"] {
                    let answer = try await APIClient(client: client).get(route)
                    try expectProblem(answer, 500)
                    #expect(!answer.text.contains("SO-17"))
                }
                #expect(log.text.contains("SO-17"))
            }
        }
    }

    @Test("Tokens are not logged")
    func secrets() async throws {
        try await withFixture([]) { fixture in
            let log = RecordedLog()
            try await fixture.application(logger: log.logger).test(.router) { client in
                await fixture.redis.stop()
                let token = try await ServerFixture.token("u-boss", .manager)
                #expect(
                    try await APIClient(client: client).get("targets?access_token=\(token)", token: token).status == 503
                )
                #expect(!log.text.isEmpty)
                #expect(!log.text.contains(token))
            }
        }
    }

    @Test(
        "An unknown path gets a problem document with 404",
        arguments: [
            "/index.html", "/api", "/api/v1", "/api/v1/nothing", "/api/v2/targets", "/API/v1/targets", "//targets",
            "/healthz/x",
        ]
    )
    func unknownRoute(path: String) async throws {
        try await withServer([]) { server in try expectProblem(try await server.get(path), 404) }
    }

    @Test(
        "A path that can only be read refuses other methods than GET and HEAD",
        arguments: [HTTPRequest.Method.post, .put, .delete, .patch]
    )
    func otherMethods(method: HTTPRequest.Method) async throws {
        try await withServer(RoleTests.events) { server in
            let token = try await ServerFixture.token("u-boss", .manager)
            try expectProblem(try await server.get("widget", token: token, method: method), 405)
        }
    }

    @Test("HEAD gives the status of GET, without a body")
    func head() async throws {
        try await withServer(RoleTests.events) { server in
            let token = try await ServerFixture.token("u-boss", .manager)
            let answer = try await server.get("targets/T-17", token: token, method: .head)
            #expect(answer.status == 200)
            #expect(answer.text.isEmpty)
            #expect(try await server.get("targets/T-17", token: nil, method: .head).status == 401)
        }
    }

    @Test(
        "Every response forbids content sniffing and caching",
        arguments: ["widget", "targets", "targets/none", "/nothing", "/healthz", "/readyz", "/metrics"]
    )
    func securityHeaders(path: String) async throws {
        try await withServer([]) { server in
            for token in [nil, try await ServerFixture.token("u-boss", .manager)] {
                let answer = try await server.get(path, token: token)
                #expect(answer.headers[.xContentTypeOptions] == "nosniff")
                #expect(answer.headers[.cacheControl] == "no-store")
            }
        }
    }
}
