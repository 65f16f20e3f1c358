import Foundation
import HTTPTypes
import HummingbirdTesting
import JWTKit
import Testing

@testable import Server

@Suite("Key sets with keys that cannot be used", .timeLimit(.minutes(1)))
struct MixedKeysTests {
    /// Keys as providers publish them that this server cannot use, each with its id.
    static let unusable = [
        #"{"kty":"RSA","kid":"short","n":"\#(String(repeating: "q", count: 171))","e":"AQAB"}"#,
        #"{"kty":"RSA","kid":"certificate","use":"sig","x5c":["MIIBszCCARwCCQ=="]}"#,
        #"{"kty":"EC","kid":"off-curve","crv":"P-256","x":"\#(coordinate)","y":"\#(coordinate)"}"#,
        #"{"kty":"EC","kid":"no-y","crv":"P-256","x":"\#(coordinate)"}"#,
        #"{"kty":"EC","kid":"other-curve","crv":"secp256k1","x":"\#(coordinate)","y":"\#(coordinate)"}"#,
        #"{"kty":"EC","kid":"wrong-curve","alg":"ES384","crv":"P-256","x":"\#(coordinate)","y":"\#(coordinate)"}"#,
        #"{"kty":"OKP","kid":"x25519","crv":"X25519","x":"\#(coordinate)"}"#,
        #"{"kty":"OKP","kid":"short-ed","crv":"Ed25519","x":"AAAA"}"#,
        #"{"kty":"oct","kid":"symmetric","k":"AAAA","alg":"HS256"}"#, #"{"kty":"new","kid":"unknown"}"#,
        #"{"kty":"RSA","kid":"other-use","key_ops":["encrypt"],"n":"\#(TestRSA.modulus)","e":"AQAB"}"#,
        #"{"kty":"RSA","kid":"other-alg","alg":"RSA1_5","n":"\#(TestRSA.modulus)","e":"AQAB"}"#,
        #"{"kty":"RSA","kid":"no-exponent","n":"\#(TestRSA.modulus)","e":""}"#, #"{"kid":"no-kind"}"#,
    ]
    private static let coordinate = String(repeating: "A", count: 42) + "E"

    private static func entry(_ key: ES256PrivateKey, _ kid: String, _ more: String = "") throws -> String {
        let point = try #require(key.parameters)
        return #"{"kty":"EC","kid":"\#(kid)","crv":"P-256","x":"\#(point.x)","y":"\#(point.y)"\#(more)}"#
    }

    private static func set(_ keys: [String]) -> String { #"{"keys":[\#(keys.joined(separator: ","))]}"# }

    private func statuses(_ tokens: [String], jwks: String) async throws -> [Int] {
        var statuses: [Int] = []
        try await withFixture([]) { fixture in
            statuses = try await fixture.application(jwks: jwks).test(.router) { client in
                var found: [Int] = []
                for token in tokens { found.append(try await APIClient(client: client).get("me", token: token).status) }
                return found
            }
        }
        return statuses
    }

    @Test("A key that cannot be used is passed over, and the others work", arguments: unusable)
    func passedOver(key: String) async throws {
        let good = ES256PrivateKey()
        let token = try await RawToken.key(good).token(kid: "good")
        for keys in [[key, try Self.entry(good, "good")], [try Self.entry(good, "good"), key]] {
            #expect(try await statuses([token], jwks: Self.set(keys)) == [200])
        }
    }

    @Test("A key that is published for another purpose than signatures checks none", arguments: [true, false])
    func otherPurpose(isListed: Bool) async throws {
        let key = try TestRSA.privateKey()
        let more = isListed ? #""key_ops":["encrypt"]"# : #""use":"enc""#
        let jwks = Self.set([
            try Self.entry(ES256PrivateKey(), "good"),
            #"{"kty":"RSA","kid":"k",\#(more),"n":"\#(TestRSA.modulus)","e":"AQAB"}"#,
        ])
        #expect(try await statuses([RawToken.key(key).token(kid: "k")], jwks: jwks) == [401])
        let signing = jwks.replacing(more, with: #""use":"sig","key_ops":["verify"]"#)
        #expect(try await statuses([RawToken.key(key).token(kid: "k")], jwks: signing) == [200])
    }

    @Test("An RSA key and an EC key may have the same id")
    func sameID() async throws {
        let (elliptic, rsa) = (ES256PrivateKey(), try TestRSA.privateKey())
        let entries = [
            try Self.entry(elliptic, "1"), #"{"kty":"RSA","kid":"1","n":"\#(TestRSA.modulus)","e":"AQAB"}"#,
        ]
        let tokens = [
            try await RawToken.key(elliptic).token(kid: "1"), try await RawToken.key(rsa).token(kid: "1"),
            try await RawToken.key(rsa, .sha512).token(kid: "1"),
            try await RawToken.key(ES256PrivateKey()).token(kid: "1"),
        ]
        for keys in [entries, entries.reversed()] {
            #expect(try await statuses(tokens, jwks: Self.set(keys)) == [200, 200, 200, 401])
        }
    }

    @Test("A token that names a key is checked with that key only")
    func namedKey() async throws {
        let (one, two) = (ES256PrivateKey(), ES256PrivateKey())
        let jwks = Self.set([try Self.entry(one, "1"), try Self.entry(two, "2")])
        let tokens = [
            try await RawToken.key(one).token(kid: "1"), try await RawToken.key(two).token(),
            try await RawToken.key(two).token(kid: "1"), try await RawToken.key(two).token(kid: "3"),
        ]
        #expect(try await statuses(tokens, jwks: jwks) == [200, 200, 401, 401])
    }
}
