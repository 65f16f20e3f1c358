import Foundation
import HTTPTypes
import HummingbirdTesting
import JWTKit
import SalesRules
import Server
import Testing

@Suite("Sign-in links", .timeLimit(.minutes(1)))
struct LinkTests {
    private struct Claims: JWTPayload {
        var sub = "u-17"
        var role = "salesperson"
        var exp = ServerFixture.now.timeIntervalSince1970 + 300
        var aud: [String]? = ["salestargets-link"]
        var account: String?

        func verify(using algorithm: some JWTAlgorithm) async throws {}
    }

    private func signed(_ claims: Claims, secret: [UInt8] = ServerFixture.secret) async throws -> String {
        let keys = JWTKeyCollection()
        await keys.add(hmac: HMACKey(from: Data(secret)), digestAlgorithm: .sha256)
        return try await keys.sign(claims)
    }

    @Test("A link can be exchanged for a session, and is not accepted as a token")
    func exchange() async throws {
        let viewer = Viewer(id: id("u-17"), tenant: RoleTests.globex, role: .salesperson, name: "Jan")
        let link = try await TokenSigner(secret: ServerFixture.secret)
            .link(for: viewer, expiresIn: .seconds(300), now: ServerFixture.now)
        try await withServer([]) { server in
            try expectProblem(try await server.get("me", token: link), 401)
            try expectProblem(try await server.send("me", headers: [.cookie: "salestargets=\(link)"]), 401)
            let answer = try await server.post(#"{"link":"\#(link)"}"#, to: "session")
            #expect(answer.status == 200)
            let me = try await server.send("me", headers: try answer.cookie).text
            #expect(
                me == #"{"id":"u-17","name":"Jan","role":"salesperson","tenant":"globex","preferences":{"widget":{}}}"#
            )
            #expect(try await server.get("me", token: try answer.sessionToken).status == 200)
        }
    }

    @Test("A link must be signed with the secret, have the audience of links, and expire within five minutes")
    func refused() async throws {
        let now = ServerFixture.now.timeIntervalSince1970
        let secret = Array("another secret that is long enough too".utf8)
        let bad = [
            try await signed(Claims(exp: now - 60)), try await signed(Claims(exp: now + 361)),
            try await signed(Claims(aud: nil)), try await signed(Claims(aud: ["another"])),
            try await signed(Claims(role: "admin")), try await signed(Claims(sub: "")),
            try await signed(Claims(), secret: secret), "a.b.c", String(repeating: "x", count: 9_000),
        ]
        let good = [try await signed(Claims()), try await signed(Claims(exp: now + 1))]
        try await withServer([]) { server in
            for link in good {
                #expect(try await server.post(#"{"link":"\#(link)"}"#, to: "session").status == 200)
            }
            for link in bad {
                try expectProblem(try await server.post(#"{"link":"\#(link)"}"#, to: "session"), 401, "\(link)")
            }
        }
    }

    @Test("A link that is signed with a provider's key is refused")
    func provider() async throws {
        let key = ES256PrivateKey()
        let point = try #require(key.parameters)
        let jwks = #"{"keys":[{"kty":"EC","kid":"k","crv":"P-256","x":"\#(point.x)","y":"\#(point.y)"}]}"#
        let keys = JWTKeyCollection()
        await keys.add(ecdsa: key, kid: "k")
        let link = try await keys.sign(Claims(), kid: "k")
        try await withFixture([]) { fixture in
            try await fixture.application(jwks: jwks).test(.router) { client in
                let answer = try await APIClient(client: client).post(#"{"link":"\#(link)"}"#, to: "session")
                try expectProblem(answer, 401)
            }
        }
    }
}
