import Foundation
import HTTPTypes
import HummingbirdTesting
import JWTKit
import Redis
import SalesRules
import Server
import Testing

@Suite("Sessions", .timeLimit(.minutes(1)))
struct SessionTests {
    /// Runs `body` with a server that has the test accounts.
    private func withAccounts(
        web: WebSettings = WebSettings(),
        _ body: @escaping @Sendable (APIClient) async throws -> Void
    ) async throws {
        try await withFixture(RoleTests.events) { fixture in
            let accounts = AccountDirectory(try TestAccounts.all())
            try await fixture.application(accounts: accounts, web: web)
                .test(.router) { try await body(APIClient(client: $0)) }
        }
    }

    @Test("Signing in with a password starts a session of twelve hours, as a token and as a cookie")
    func signIn() async throws {
        try await withAccounts { server in
            let answer = try await server.signIn("Jan", TestAccounts.password)
            #expect(answer.status == 200)
            let token = try answer.sessionToken
            #expect(try answer.json()["expiresAt"] as? String == "2026-02-06T00:00:00Z")
            #expect(
                answer.headers[.setCookie]
                    == "salestargets=\(token); Path=/; HttpOnly; SameSite=Lax; Max-Age=43200"
            )
            let me = try await server.get("me", token: token).json()
            #expect(me["id"] as? String == "u-17")
            #expect(me["role"] as? String == "salesperson")
            #expect(try await server.send("me", headers: try answer.cookie).json()["id"] as? String == "u-17")
            #expect(try await server.send("targets/T-18", headers: try answer.cookie).status == 403)
        }
    }

    @Test("A session ends after twelve hours")
    func end() async throws {
        try await withFixture([]) { fixture in
            let accounts = AccountDirectory(try TestAccounts.all())
            let token = try await fixture.application(accounts: accounts).test(.router) { client in
                try await APIClient(client: client).signIn("jan", TestAccounts.password).sessionToken
            }
            for (seconds, status) in [(43_259.0, 200), (43_260.0, 401)] {
                let later = ServerFixture.now.addingTimeInterval(seconds)
                let found = try await fixture.application(now: later, accounts: accounts).test(.router) { client in
                    try await APIClient(client: client).get("me", token: token).status
                }
                #expect(found == status)
            }
        }
    }

    @Test("Every refused sign-in gets the same response, so that it does not show the cause")
    func wrong() async throws {
        let link = try await TokenSigner(secret: ServerFixture.secret).token(
            subject: "u-17",
            role: .salesperson,
            tenant: nil,
            name: nil,
            expiresIn: .seconds(60),
            now: ServerFixture.now
        )
        try await withAccounts { server in
            let answers = [
                try await server.signIn("jan", "another password"),
                try await server.signIn("nobody", TestAccounts.password),
                try await server.signIn("jan", ""), try await server.signIn("", ""),
                try await server.signIn("a b", "x"),
                try await server.signIn("jan", String(repeating: "x", count: 300)),
                try await server.signIn(String(repeating: "x", count: 300), "x"),
                try await server.post(#"{"link":"\#(link)"}"#, to: "session"),
                try await server.post(#"{"link":""}"#, to: "session"),
            ]
            for answer in answers {
                try expectProblem(answer, 401)
                #expect(answer.text == answers[0].text)
                #expect(answer.headers[.setCookie] == nil)
            }
        }
    }

    @Test("A malformed sign-in gets 400 with the name of the wrong member")
    func malformed() async throws {
        try await withAccounts { server in
            for (body, member) in [
                ("", nil), ("[]", nil), ("{}", nil), (#"{"username":"jan"}"#, "password"),
                (#"{"password":"x"}"#, "username"), (#"{"username":1,"password":"x"}"#, "username"),
                (#"{"username":"jan","password":"x","link":"y"}"#, nil), (String(repeating: "[", count: 9_000), nil),
            ] {
                let answer = try await server.post(body, to: "session")
                try expectProblem(answer, 400, "\(body.prefix(40))")
                let errors = try answer.json()["errors"] as? [[String: String]]
                #expect(errors?.first?["member"] == member, "\(body.prefix(40))")
            }
            let long = #"{"username":"jan","password":"\#(String(repeating: "x", count: 20_000))"}"#
            try expectProblem(try await server.post(long, to: "session"), 413)
        }
    }

    @Test("A bearer token is used before the cookie; the cookie is used with another Authorization scheme")
    func precedence() async throws {
        try await withAccounts { server in
            var headers = try await server.signIn("jan", TestAccounts.password).cookie
            headers[.authorization] = "Bearer \(try await ServerFixture.token("u-boss", .manager))"
            #expect(try await server.send("me", headers: headers).json()["id"] as? String == "u-boss")
            for bad in ["Bearer x.y.z", "Bearer", "bearer a b"] {
                headers[.authorization] = bad
                #expect(try await server.send("me", headers: headers).status == 401, "\(bad)")
            }
            headers[.authorization] = "Basic cHJveHk6c2VjcmV0"
            #expect(try await server.send("me", headers: headers).json()["id"] as? String == "u-17")
        }
    }

    @Test("Signing out deletes the cookie with the attributes that it was set with")
    func signOut() async throws {
        try await withAccounts { server in
            let answer = try await server.send("session", headers: [:], method: .delete)
            #expect(answer.status == 204)
            #expect(answer.headers[.setCookie] == "salestargets=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0")
        }
    }

    @Test("Over TLS the cookie is Secure, and Partitioned when another site may embed the page")
    func cookieAttributes() async throws {
        let crm = try #require(FrameAncestors("https://crm.example.com"))
        for (web, header, attributes) in [
            (WebSettings(), "https", "SameSite=Lax; Secure"), (WebSettings(), "http", "SameSite=Lax"),
            (WebSettings(isAlwaysSecure: true), nil, "SameSite=Lax; Secure"),
            (WebSettings(frameAncestors: crm), nil, "SameSite=Lax"),
            (WebSettings(frameAncestors: crm), "https", "SameSite=None; Secure; Partitioned"),
        ] {
            try await withAccounts(web: web) { server in
                let headers: HTTPFields = header.map { [HTTPField.Name("X-Forwarded-Proto")!: $0] } ?? [:]
                let answer = try await server.signIn("jan", TestAccounts.password, headers: headers)
                let cookie = answer.headers[.setCookie]
                #expect(cookie?.hasSuffix("; Path=/; HttpOnly; \(attributes); Max-Age=43200") == true)
                let out = try await server.send("session", headers: headers, method: .delete).headers[.setCookie]
                #expect(out == "salestargets=; Path=/; HttpOnly; \(attributes); Max-Age=0")
            }
        }
    }

    /// Headers that a browser adds to a request, and whether the request is from this server's own page.
    static let origins: [(HTTPFields, Bool)] = [
        ([:], true), ([.origin: "http://localhost"], true), ([.origin: "HTTP://LOCALHOST"], true),
        ([.origin: "http://localhost:80"], true), ([.origin: "https://localhost"], true),
        ([.origin: "https://localhost:80"], false), ([.origin: "http://localhost:443"], false),
        ([.origin: "http://evil.example"], false), ([.origin: "http://localhost:81"], false),
        ([.origin: "http://localhost.evil.example"], false), ([.origin: "null"], false),
        ([.origin: "localhost"], false),
        ([.origin: ""], false), ([site: "same-origin"], true), ([site: "none"], true), ([site: "same-site"], false),
        ([site: "cross-site"], false), ([.origin: "http://localhost", site: "cross-site"], false),
    ]
    private static let site = HTTPField.Name("Sec-Fetch-Site")!

    @Test("A page of another site can neither sign a viewer in nor sign a viewer out")
    func forgery() async throws {
        try await withFixture([]) { fixture in
            let accounts = AccountDirectory(try TestAccounts.all())
            let application = try await fixture.application(accounts: accounts)
            try await application.test(.router) { client in
                let server = APIClient(client: client)
                for (headers, isOwn) in Self.origins {
                    let comment: Comment = "\(headers)"
                    let answer = try await server.signIn("jan", TestAccounts.password, headers: headers)
                    #expect(answer.status == (isOwn ? 200 : 403), comment)
                    let out = try await server.send("session", headers: headers, method: .delete)
                    #expect(out.status == (isOwn ? 204 : 403), comment)
                    #expect((out.headers[.setCookie] == nil) == !isOwn, comment)
                }
            }
        }
    }

    @Test("Without a shared secret, signing in gets 404 because only the identity provider signs viewers in")
    func providerOnly() async throws {
        try await withFixture([]) { fixture in
            let key = ES256PrivateKey()
            let point = try #require(key.parameters)
            let jwks = #"{"keys":[{"kty":"EC","kid":"k","crv":"P-256","x":"\#(point.x)","y":"\#(point.y)"}]}"#
            let verifier = try await TokenVerifier(
                secret: nil,
                provider: try await KeySet(jwks: jwks, logger: quietLogger)
            )
            try await fixture.application(verifier: verifier).test(.router) { client in
                let server = APIClient(client: client)
                try expectProblem(try await server.signIn("jan", TestAccounts.password), 404)
                #expect(try await server.send("session", headers: [:], method: .delete).status == 204)
            }
        }
    }
}
