import Foundation
import JWTKit
import SalesRules
import Testing

@testable import Server

@Suite("What an identity provider's tokens must have", .timeLimit(.minutes(1)))
struct ProviderRulesTests {
    private let key = ES256PrivateKey()

    /// The viewers of tokens with these claims; nil for a refused one.
    private func viewers(_ claims: [String], _ rules: ProviderRules) async throws -> [Viewer?] {
        let point = try #require(key.parameters)
        let jwks = #"{"keys":[{"kty":"EC","kid":"k","crv":"P-256","x":"\#(point.x)","y":"\#(point.y)"}]}"#
        let keys = try await KeySet(jwks: jwks, logger: quietLogger)
        let verifier = try await TokenVerifier(secret: ServerFixture.secret, provider: keys, rules: rules)
        var viewers: [Viewer?] = []
        for claims in claims {
            let token = try await RawToken.key(key).token(claims, kid: "k")
            viewers.append(try? await verifier.viewer(of: token, defaultTenant: acme, now: ServerFixture.now))
        }
        return viewers
    }

    @Test("Without settings any issuer and any audience is accepted; with them, only those")
    func issuerAndAudience() async throws {
        let claims = [
            "", #""iss":"https://id.example.com","aud":["other","targets"]"#,
            #""iss":"https://id.example.com","aud":"targets""#, #""iss":"https://id.example.com/","aud":"targets""#,
            #""iss":"https://id.example.com","aud":"other""#, #""iss":["https://id.example.com"],"aud":"targets""#,
            #""iss":"https://id.example.com","aud":7"#, #""iss":"https://id.example.com""#, #""aud":"targets""#,
        ]
        let open = try await viewers(claims, ProviderRules())
        #expect(open.map { $0 != nil } == claims.map { _ in true })
        let rules = ProviderRules(issuers: ["https://id.example.com"], audiences: ["targets"])
        let strict = try await viewers(claims, rules)
        #expect(strict.map { $0 != nil } == [false, true, true, false, false, false, false, false, false])
    }

    @Test("Person and role are in the claims that the settings name, also inside others")
    func names() async throws {
        let names = ClaimNames(
            person: "https://example.com/employee",
            role: "realm_access.roles",
            roles: ["crm-admins": .manager, "staff": .salesperson]
        )
        let person = #""https://example.com/employee":"#
        let found = try await viewers(
            [
                person + #""u-1","realm_access":{"roles":["x","staff"]}"#,
                person + #"17,"realm_access":{"roles":["staff","crm-admins"]}"#,
                person + #""u-1","realm_access.roles":"staff""#,
                person + #""u-1","realm_access":{"roles":["manager"]}"#,
                person + #""u-1","realm_access":"staff""#, #""realm_access":{"roles":["staff"]}"#,
                person + #"1.5,"realm_access":{"roles":["staff"]}"#, person + #""u-1""#,
            ],
            ProviderRules(names: names)
        )
        let texts = found.map { $0.map { "\($0.id) \($0.role)" } }
        #expect(texts == ["u-1 salesperson", "17 manager", "u-1 salesperson", nil, nil, nil, nil, nil])
    }

    @Test("Sessions and tokens that are made with the secret keep the names sub and role")
    func ownTokens() async throws {
        let names = ClaimNames(person: "email", role: "groups", roles: ["admins": .manager])
        let verifier = try await TokenVerifier(secret: ServerFixture.secret, rules: ProviderRules(names: names))
        let secret = try await RawToken.secret()
        let own = try secret.token(#""sub":"u-1""#)
        let provider = try secret.token(#""sub":"x","role":"salesperson","email":"u-2","groups":["admins"]"#)
        let viewer = Viewer(id: id("u-3"), tenant: acme, role: .salesperson, name: "")
        let session = try await #require(verifier.signer).session(for: viewer, now: ServerFixture.now).token
        var found: [String] = []
        for token in [own, provider, session] {
            let viewer = try await verifier.viewer(of: token, defaultTenant: acme, now: ServerFixture.now)
            found.append("\(viewer.id) \(viewer.role)")
        }
        #expect(found == ["u-1 manager", "u-2 manager", "u-3 salesperson"])
    }
}
