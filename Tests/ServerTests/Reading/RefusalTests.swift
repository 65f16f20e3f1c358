import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JWTKit
import Ledger
import Logging
import NIOCore
import Redis
import SalesRules
import Testing

@testable import Server

/// One route, and a request to it that is valid except for the viewer.
struct Route: Sendable, Hashable, CustomTestStringConvertible {
    let method: HTTPRequest.Method
    /// The router's pattern, such as `/api/v1/targets/{id}`.
    let path: String

    var testDescription: String { "\(method) \(path)" }

    /// Whether the request is for one record, which a viewer of another tenant must not find.
    var isOfOne: Bool { path.contains("{id}") && !isOfMany }

    /// `targets/months` and `targets/copies`, which share the router's pattern with a target's id.
    private var isOfMany: Bool { method == .post && path == "/api/v1/targets/{id}" }

    /// The path with ids of `RoleTests.events`.
    var uri: String {
        let one = path.hasPrefix("/api/v1/orders") ? "SO-17" : path.contains("allocations") ? "A-1" : "T-17"
        let id = isOfMany ? "months" : one
        let order = path == "/api/v1/allocations/{id}" ? "?order=SO-both" : ""
        return path.replacing("{id}", with: id) + order
    }

    /// A valid body, for routes that need one.
    var body: String? {
        guard method == .post || method == .put else { return nil }
        let target = #""name":"N","measure":"revenue","goal":"1.00""#
        return switch path {
        case _ where isOfMany: #"{\#(target),"year":2026,"assignees":["u-17"]}"#
        case "/api/v1/targets", "/api/v1/targets/{id}":
            #"{\#(target),"start":"2026-01-01","end":"2026-01-31","assignees":["u-17"]}"#
        case "/api/v1/me/preferences": #"{"widget":{"year":2026}}"#
        case "/api/v1/orders": #"{"type":"order.deleted","id":"SO-1"}"#
        default: #"{"salesperson":"u-17","percent":"40"}"#
        }
    }

    /// The roles that may use the route.
    var roles: Set<Role> {
        switch (method, path) {
        case (.get, "/api/v1/me"), (.head, "/api/v1/me"), (.get, "/api/v1/freshness"):
            [.manager, .salesperson, .ingest]
        case (.post, "/api/v1/orders"): [.ingest]
        case (.put, "/api/v1/me/preferences"), (.get, _), (.head, _): [.manager, .salesperson]
        default: [.manager]
        }
    }
}

@Suite("Refused requests, on every route", .timeLimit(.minutes(2)))
struct RefusalTests {
    /// Routes without a token: they show no data of a tenant.
    private static let open: Set<Route> = [
        Route(method: .get, path: "/"), Route(method: .get, path: "/widget"),
        Route(method: .get, path: "/assets/**"), Route(method: .get, path: "/healthz"),
        Route(method: .get, path: "/readyz"), Route(method: .get, path: "/metrics"),
        Route(method: .get, path: "/openapi.json"), Route(method: .post, path: "/api/v1/session"),
        Route(method: .delete, path: "/api/v1/session"),
    ]

    /// Runs `body` with a server and its routes that need a token.
    private func withRoutes(
        accounts: AccountDirectory = .empty,
        jwks: String? = nil,
        _ body: @escaping @Sendable (APIClient, [Route]) async throws -> Void
    ) async throws {
        try await withFixture(RoleTests.events) { fixture in
            let router = try await fixture.router(jwks: jwks, accounts: accounts)
            let routes = router.routes.filter { $0.method != .head }
                .map { Route(method: $0.method, path: $0.path.description) }
            let closed = routes.filter { !Self.open.contains($0) }
            // Checks that the paths have the form that the comparisons expect.
            #expect(closed.contains(Route(method: .get, path: "/api/v1/targets/{id}")))
            try await Application(router: router).test(.router) { try await body(APIClient(client: $0), closed) }
        }
    }

    @Test("A request without a valid token gets 401")
    func badTokens() async throws {
        let key = ES256PrivateKey()
        let point = try #require(key.parameters)
        let jwks = #"{"keys":[{"kty":"EC","kid":"k","crv":"P-256","x":"\#(point.x)","y":"\#(point.y)"}]}"#
        var accounts = try TestAccounts.all()
        let session = try await removedSession(&accounts)
        let tokens = try await Self.badTokens() + [("a session of a removed account", session)]
        try await withRoutes(accounts: AccountDirectory(accounts), jwks: jwks) { server, routes in
            for route in routes {
                for (what, token) in tokens {
                    let comment: Comment = "\(what): \(route.testDescription)"
                    let headers: [HTTPFields] =
                        token.map { [[.authorization: "Bearer \($0)"], [.cookie: "salestargets=\($0)"]] } ?? [[:]]
                    for headers in headers {
                        let answer = try await server.ask(route, headers: headers)
                        try expectProblem(answer, 401, comment)
                        #expect(answer.headers[.wwwAuthenticate] == "Bearer", comment)
                    }
                }
            }
        }
    }

    /// Invalid tokens with a description; nil for no token.
    private static func badTokens() async throws -> [(String, String?)] {
        struct Claims: JWTPayload {
            var sub = "u-boss"
            var role = "manager"
            var exp = ServerFixture.now.timeIntervalSince1970 + 60

            func verify(using algorithm: some JWTAlgorithm) async throws {}
        }
        let none = JWTKeyCollection()
        await none.addUnsecuredNone()
        let otherKey = JWTKeyCollection()
        await otherKey.add(ecdsa: ES256PrivateKey(), kid: "k")
        let good = try await ServerFixture.token("u-boss", .manager)
        let parts = good.split(separator: ".")
        let manager = Viewer(id: id("u-boss"), tenant: acme, role: .manager, name: "")
        return [
            ("no token", nil),
            ("expired", try await ServerFixture.token("u-boss", .manager, expiresIn: .seconds(-61))),
            (
                "another secret",
                try await ServerFixture.token("u-boss", .manager, secret: Array(repeating: 7, count: 32))
            ),
            ("another key with the same key id", try await otherKey.sign(Claims(), kid: "k")),
            ("alg none", try await none.sign(Claims())), ("no signature", "\(parts[0]).\(parts[1])."),
            ("a signature cut short", String(good.dropLast(2))),
            (
                "a link",
                try await TokenSigner(secret: ServerFixture.secret)
                    .link(for: manager, expiresIn: .seconds(60), now: ServerFixture.now)
            ),
        ]
    }

    /// A session of the manager's account, which is then removed from `accounts`.
    private func removedSession(_ accounts: inout Accounts) async throws -> String {
        let username = try #require(Username("marit"))
        let account = try #require(accounts[username])
        accounts[username] = nil
        return try await TokenSigner(secret: ServerFixture.secret)
            .session(for: account.viewer, account: account, now: ServerFixture.now).token
    }

    @Test("A role that may not use a route gets 403", arguments: Role.allCases)
    func wrongRoles(role: Role) async throws {
        let token = try await ServerFixture.token("u-17", role)
        try await withRoutes { server, routes in
            for route in routes where !route.roles.contains(role) {
                let answer = try await server.ask(route, headers: [.authorization: "Bearer \(token)"])
                try expectProblem(answer, 403, "\(route.testDescription)")
            }
        }
    }

    @Test("The ids of another tenant get 404")
    func otherTenant() async throws {
        try await withRoutes { server, routes in
            for route in routes where route.isOfOne {
                for role in Role.allCases where route.roles.contains(role) {
                    let token = try await ServerFixture.token("u-17", role, tenant: id("initech"))
                    let answer = try await server.ask(route, headers: [.authorization: "Bearer \(token)"])
                    try expectProblem(answer, 404, "\(route.testDescription)")
                }
            }
        }
    }

    @Test("A request from another site with the cookie gets 403 on every route that changes something")
    func forgery() async throws {
        let token = try await ServerFixture.token("u-boss", .manager)
        try await withRoutes { server, routes in
            for route in routes where route.method != .get {
                for origin: HTTPFields in [
                    [.origin: "https://evil.example"], [HTTPField.Name("Sec-Fetch-Site")!: "cross-site"],
                ] {
                    var headers = origin
                    headers[.cookie] = "salestargets=\(token)"
                    try expectProblem(try await server.ask(route, headers: headers), 403, "\(route.testDescription)")
                }
            }
        }
    }

    @Test(
        "Only requests that change something, with the cookie, from another site are refused as forged",
        arguments: SessionTests.origins
    )
    func rule(headers: HTTPFields, isOwn: Bool) async throws {
        let nowhere = RedisClient(try RedisEndpoint(url: "redis://127.0.0.1:1/0"))
        let authenticator = Authenticator(
            verifier: try await TokenVerifier(secret: ServerFixture.secret),
            ended: EndedSessions(link: nowhere, keys: KeySpace()),
            defaultTenant: acme,
            now: { ServerFixture.now }
        )
        let router = Router(context: Context.self)
        router.add(middleware: ProblemMiddleware(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
        router.add(
            middleware: AuthenticationMiddleware(
                authenticator: authenticator,
                refusals: RefusalLog(logger: quietLogger)
            )
        )
        for method: HTTPRequest.Method in [.get, .post, .put, .delete, .patch] {
            router.on("x", method: method) { _, _ in Response.text("done") }
        }
        let token = try await ServerFixture.token("u-boss", .manager)
        try await Application(router: router).test(.router) { client in
            let server = APIClient(client: client)
            for method: HTTPRequest.Method in [.get, .post, .put, .delete, .patch] {
                var cookie = headers
                cookie[.cookie] = "a=b; salestargets=\(token); c=d"
                let status = try await server.send("/x", headers: cookie, method: method).status
                #expect(status == (isOwn || method == .get ? 200 : 403), "\(method)")
                var bearer = cookie
                bearer[.authorization] = "Bearer \(token)"
                #expect(try await server.send("/x", headers: bearer, method: method).status == 200, "\(method)")
            }
        }
    }
}

extension APIClient {
    fileprivate func ask(_ route: Route, headers: HTTPFields) async throws -> Answer {
        var headers = headers
        if route.body != nil { headers[.contentType] = "application/json" }
        return try await client.execute(
            uri: route.uri,
            method: route.method,
            headers: headers,
            body: route.body.map { ByteBuffer(string: $0) }
        ) { response in
            Answer(status: response.status.code, headers: response.headers, text: String(buffer: response.body))
        }
    }
}
