import Foundation
import HTTPTypes
import HummingbirdTesting
import JWTKit
import Testing

@testable import Server

@Suite("Headers and claims of tokens", .timeLimit(.minutes(1)))
struct TokenHeaderTests {
    /// Expects that the server accepts, or refuses, each token.
    private func expect(
        _ status: Int,
        _ tokens: [String],
        jwks: String? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        try await withFixture([]) { fixture in
            try await fixture.application(jwks: jwks).test(.router) { client in
                for token in tokens {
                    let found = try await APIClient(client: client).get("me", token: token).status
                    let claims = token.split(separator: ".").prefix(2).map {
                        String(decoding: Base64URL.data(String($0)) ?? Data(), as: UTF8.self)
                    }
                    #expect(found == status, "\(claims)", sourceLocation: sourceLocation)
                }
            }
        }
    }

    @Test("The algorithm in the header must be the one that the signature is checked with")
    func algorithm() async throws {
        let sha256 = try await RawToken.secret()
        try await expect(
            401,
            try [
                #"{"alg":"none"}"#, #"{"alg":"HS512"}"#, #"{"alg":"HS384"}"#, #"{"alg":"RS256"}"#, #"{"alg":"hs256"}"#,
                #"{"alg":""}"#, #"{"typ":"JWT"}"#, #"{"alg":["HS256"]}"#, #"{"alg":null}"#, "[]", "",
            ].map { try sha256.token(header: $0) }
        )
    }

    @Test("A header with critical extensions is refused, and other members are not read")
    func members() async throws {
        let sha256 = try await RawToken.secret()
        try await expect(
            401,
            try [
                #"{"alg":"HS256","crit":["exp"]}"#, #"{"alg":"HS256","crit":[]}"#, #"{"alg":"HS256","crit":null}"#,
                #"{"alg":"HS256","b64":false,"crit":["b64"]}"#,
            ].map { try sha256.token(header: $0) }
        )
        try await expect(
            200,
            try [
                #"{"alg":"HS256","typ":"at+jwt","cty":"x","x5t":7}"#, #"{"alg":"HS256","kid":"whatever"}"#,
            ].map { try sha256.token(header: $0) }
        )
    }

    @Test("Claims that mean something only to sessions and links do not refuse others' tokens")
    func foreignClaims() async throws {
        let sha256 = try await RawToken.secret()
        let now = Int(ServerFixture.now.timeIntervalSince1970)
        try await expect(
            200,
            try [
                #""account":"Globex""#, #""account":{"id":7}"#, #""iat":"2026-02-05T12:00:00Z""#,
                #""iat":\#(now + 900)"#,
                #""aud":7"#, #""aud":["x"]"#, #""aud":{"x":1}"#, #""iss":[]"#, #""jti":7"#, #""sid":"abc""#,
                #""name":7"#,
                #""name":null"#, #""nbf":null"#, #""tenant":null"#, #""account":"jan","iat":1"#,
            ].map { try sha256.token($0) }
        )
    }

    @Test("Times have a leeway of sixty seconds, and must be numbers")
    func leeway() async throws {
        let sha256 = try await RawToken.secret()
        let now = Int(ServerFixture.now.timeIntervalSince1970)
        try await expect(
            200,
            try [
                #""exp":\#(now - 59)"#, #""exp":\#(now).5"#, #""exp":1e300"#, #""nbf":\#(now + 60)"#, #""nbf":-1e300"#,
            ]
            .map { try sha256.token($0) }
        )
        try await expect(
            401,
            try [
                #""exp":\#(now - 60)"#, #""nbf":\#(now + 61)"#, #""exp":"\#(now + 60)""#, #""exp":true"#,
                #""exp":-1e300"#,
                #""nbf":"\#(now)""#, #""nbf":1e300"#, #""exp":null"#,
            ].map { try sha256.token($0) }
        )
    }

    @Test("The subject may have a bar, as some identity providers write it")
    func bar() async throws {
        try await expect(200, [try await RawToken.secret().token(#""sub":"auth0|5f7""#)])
    }

    @Test("The reason for refusing a token is in the log, without the token")
    func reasons() async throws {
        let sha256 = try await RawToken.secret()
        let log = RecordedLog()
        let tokens = [
            ("algorithm", try sha256.token(header: #"{"alg":"none"}"#)), ("expired", try sha256.token(#""exp":1"#)),
            ("sub", try sha256.token(#""sub":"a/b""#)), ("role", try sha256.token(#""role":"admin""#)),
            ("stands for everyone", try sha256.token(#""sub":"all""#)),
            ("crit", try sha256.token(header: #"{"alg":"HS256","crit":["x"]}"#)), ("three parts", "x.y"),
        ]
        try await withFixture([]) { fixture in
            try await fixture.application(logger: log.logger).test(.router) { client in
                for (word, token) in tokens {
                    try expectProblem(try await APIClient(client: client).get("me", token: token), 401)
                    let line = log.text.split(separator: "\n").last { $0.contains("a token was refused") }
                    #expect(line?.contains(word) == true, "\(word): \(line ?? "")")
                }
                #expect(try await APIClient(client: client).get("me", token: nil).status == 401)
            }
        }
        let lines = log.text.split(separator: "\n").filter { $0.contains("a token was refused") }
        #expect(lines.count == tokens.count)
        for (_, token) in tokens { #expect(!log.text.contains(token)) }
    }
}
