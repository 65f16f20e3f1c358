import Foundation
import HTTPTypes
import HummingbirdTesting
import JWTKit
import SalesRules
import Server
import Testing

@Suite("Verification of tokens", .timeLimit(.minutes(1)))
struct TokenTests {
    /// Valid claims; a test changes some of them.
    private struct Claims: JWTPayload {
        var sub: String? = "u-boss"
        var role: String? = "manager"
        var exp: Double? = ServerFixture.now.timeIntervalSince1970 + 60
        var nbf: Double?
        var tenant: String?

        func verify(using algorithm: some JWTAlgorithm) async throws {}
    }

    private func signed(_ claims: Claims) async throws -> String {
        let keys = JWTKeyCollection()
        await keys.add(hmac: HMACKey(from: Data(ServerFixture.secret)), digestAlgorithm: .sha256)
        return try await keys.sign(claims)
    }

    private func status(of authorization: String?, jwks: String? = nil) async throws -> Int {
        try await statuses(of: [authorization], jwks: jwks)[0]
    }

    private func statuses(of authorizations: [String?], jwks: String? = nil) async throws -> [Int] {
        var statuses: [Int] = []
        try await withFixture([]) { fixture in
            statuses = try await fixture.application(jwks: jwks).test(.router) { client in
                var statuses: [Int] = []
                for authorization in authorizations {
                    let headers: HTTPFields = authorization.map { [.authorization: $0] } ?? [:]
                    statuses.append(try await APIClient(client: client).send("targets", headers: headers).status)
                }
                return statuses
            }
        }
        return statuses
    }

    @Test("A token signed with the secret is valid until it expires")
    func expiry() async throws {
        let good = try await ServerFixture.token("u-boss", .manager, expiresIn: .seconds(1))
        let past = try await ServerFixture.token("u-boss", .manager, expiresIn: .seconds(-60))
        #expect(try await statuses(of: ["Bearer \(good)", "bearer \(good)"]) == [200, 200])
        #expect(try await status(of: "Bearer \(past)") == 401)
    }

    @Test("A signature with another secret is refused")
    func otherSecret() async throws {
        let secret = Array("another secret that is long enough too".utf8)
        let token = try await ServerFixture.token("u-boss", .manager, secret: secret)
        #expect(try await status(of: "Bearer \(token)") == 401)
    }

    @Test("A token without a signature is refused, also with the algorithm none")
    func unsigned() async throws {
        let keys = JWTKeyCollection()
        await keys.addUnsecuredNone()
        let none = try await keys.sign(Claims())
        let good = try await signed(Claims())
        let unsigned = good.split(separator: ".").prefix(2).joined(separator: ".") + "."
        #expect(try await statuses(of: ["Bearer \(none)", "Bearer \(unsigned)"]) == [401, 401])
    }

    @Test("A token whose claims were changed after signing is refused")
    func changed() async throws {
        var parts = try await signed(Claims(role: "salesperson")).split(separator: ".").map(String.init)
        parts[1] = try await signed(Claims()).split(separator: ".").map(String.init)[1]
        #expect(try await status(of: "Bearer \(parts.joined(separator: "."))") == 401)
    }

    @Test("A token with a missing or invalid claim is refused")
    func claims() async throws {
        let now = ServerFixture.now.timeIntervalSince1970
        let good = [Claims(), Claims(nbf: now - 1), Claims(tenant: "globex")]
        let bad = [
            Claims(sub: nil), Claims(sub: ""), Claims(sub: "a/b"), Claims(sub: String(repeating: "x", count: 129)),
            Claims(role: nil), Claims(role: "admin"), Claims(role: "Manager"), Claims(exp: nil),
            Claims(nbf: now + 61), Claims(tenant: "../acme"), Claims(tenant: ""),
        ]
        for claims in good { #expect(try await status(of: "Bearer \(signed(claims))") == 200, "\(claims)") }
        for claims in bad { #expect(try await status(of: "Bearer \(signed(claims))") == 401, "\(claims)") }
    }

    @Test("A malformed Authorization header is refused")
    func malformed() async throws {
        let good = try await signed(Claims())
        let bad = [
            nil, "", "Bearer", "Bearer ", good, "Basic \(good)", "Bearer \(good) \(good)", "Bearer a.b.c",
            "Bearer ...", "Bearer \(String(repeating: "x", count: 20_000))", "Bearer \(good)x",
        ]
        #expect(try await statuses(of: bad) == bad.map { _ in 401 })
    }

    @Test("A short secret, and a JWKS without a usable key, are refused at the start")
    func badKeys() async throws {
        await #expect(throws: TokenKeyError.self) { try await TokenVerifier(secret: Array("short".utf8)) }
        for jwks in ["", "[]", "{}", #"{"keys":[]}"#, #"{"keys":[{"kty":"RSA","use":"enc","n":"AQ","e":"AQAB"}]}"#] {
            await #expect(throws: TokenKeyError.self) { try await KeySet(jwks: jwks, logger: quietLogger) }
        }
    }

    @Test("Tokens may be signed with the secret or with a usable key of the JWKS")
    func keySet() async throws {
        let (published, other) = (ES256PrivateKey(), ES256PrivateKey())
        let point = try #require(published.parameters)
        let jwks = """
            {"keys":[{"kty":"RSA","kid":"enc-1","use":"enc","alg":"RSA-OAEP","n":"AQ","e":"AQAB"},
            {"kty":"new","kid":"x"},
            {"kty":"EC","kid":"k-1","use":"sig","crv":"P-256","x":"\(point.x)","y":"\(point.y)"}]}
            """
        func token(_ key: ES256PrivateKey, kid: JWKIdentifier?) async throws -> String {
            let keys = JWTKeyCollection()
            await keys.add(ecdsa: key, kid: kid)
            return "Bearer " + (try await keys.sign(Claims(), kid: kid))
        }
        let good = [
            try await token(published, kid: "k-1"), try await token(published, kid: nil),
            "Bearer \(try await signed(Claims()))",
        ]
        let bad = [try await token(other, kid: "k-1"), try await token(other, kid: nil)]
        #expect(try await statuses(of: good + bad, jwks: jwks) == [200, 200, 200, 401, 401])
    }

    @Test("A token's header cannot change the algorithm of a key")
    func algorithmOfKey() async throws {
        let n = TestRSA.modulus
        let keys = JWTKeyCollection()
        await keys.add(rsa: try TestRSA.privateKey(), digestAlgorithm: .sha256, kid: "k-1")
        let good = try await keys.sign(Claims(), kid: "k-1")
        let header = Data(#"{"alg":"RS512","kid":"k-1"}"#.utf8).base64EncodedString().replacing("=", with: "")
        let forged = header + good.drop { $0 != "." }
        let jwks = #"{"keys":[{"kty":"RSA","kid":"k-1","n":"\#(n)","e":"AQAB"}]}"#
        #expect(try await statuses(of: ["Bearer \(forged)", "Bearer \(good)"], jwks: jwks) == [401, 200])
    }
}
