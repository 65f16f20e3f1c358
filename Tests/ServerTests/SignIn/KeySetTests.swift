import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JWTKit
import Logging
import NIOCore
import SalesRules
import Synchronization
import Testing

@testable import Server

/// An identity provider on 127.0.0.1. A test changes its keys.
private final class Provider: Sendable {
    struct State {
        var keys: [(id: String, key: ES256PrivateKey)] = []
        var requests = 0
        var answer: @Sendable (String) -> Response = { Response.text($0, type: "application/json") }
    }

    let state = Mutex(State())

    /// Runs `body` with the address of the key set.
    func run(_ body: @Sendable (JWKSAddress) async throws -> Void) async throws {
        let router = Router()
        router.get("keys") { _, _ in
            self.state.withLock { state in
                state.requests += 1
                return state.answer(Self.jwks(state.keys))
            }
        }
        // Whoever follows a redirect to it gets good keys.
        router.get("elsewhere") { _, _ in Response.text(Self.jwks(self.state.withLock { $0.keys })) }
        try await Application(router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)))
            .test(.live) { client in
                let address = JWKSAddress("http://127.0.0.1:\(client.port ?? 0)/keys")
                try await body(try #require(address))
            }
    }

    func publish(_ ids: String...) {
        state.withLock { state in
            state.keys = ids.map { id in state.keys.first { $0.id == id } ?? (id, ES256PrivateKey()) }
        }
    }

    func answer(_ answer: @escaping @Sendable (String) -> Response) { state.withLock { $0.answer = answer } }

    var requests: Int { state.withLock { $0.requests } }

    private static func jwks(_ keys: [(id: String, key: ES256PrivateKey)]) -> String {
        let list = keys.compactMap { id, key in
            key.parameters.map { #"{"kty":"EC","kid":"\#(id)","crv":"P-256","x":"\#($0.x)","y":"\#($0.y)"}"# }
        }
        return #"{"keys":[\#(list.joined(separator: ","))]}"#
    }

    struct Claims: JWTPayload {
        var sub = "u-boss"
        var role = "manager"
        var exp = ServerFixture.now.timeIntervalSince1970 + 60

        func verify(using algorithm: some JWTAlgorithm) async throws {}
    }

    /// A token that is signed with the key of this id, which may be unpublished.
    func token(_ id: String) async throws -> String {
        let key = state.withLock { $0.keys.first { $0.id == id }?.key } ?? ES256PrivateKey()
        let keys = JWTKeyCollection()
        await keys.add(ecdsa: key, kid: JWKIdentifier(string: id))
        return try await keys.sign(Claims(), kid: JWKIdentifier(string: id))
    }
}

@Suite("Keys of an identity provider", .timeLimit(.minutes(1)))
struct KeySetTests {
    private let logger = quietLogger

    /// Runs `body` with a verifier that asks the provider for its keys whenever it needs them.
    private func withVerifier(
        of provider: Provider,
        logger: Logger = quietLogger,
        _ body: @Sendable (TokenVerifier) async throws -> Void
    ) async throws {
        try await provider.run { address in
            let keys = FetchedKeys(address, pause: .zero, logger: logger)
            try await body(try await TokenVerifier(secret: nil, provider: keys))
        }
    }

    private func isGood(_ token: String, _ verifier: TokenVerifier) async -> Bool {
        (try? await verifier.viewer(of: token, defaultTenant: acme, now: ServerFixture.now)) != nil
    }

    @Test("A token with an unknown key id makes the server fetch the keys; a key that was removed is no longer valid")
    func rotation() async throws {
        let provider = Provider()
        provider.publish("k-1")
        try await withVerifier(of: provider) { verifier in
            let old = try await provider.token("k-1")
            #expect(await isGood(old, verifier))
            #expect(await isGood(old, verifier))
            #expect(provider.requests == 1)
            provider.publish("k-2")
            #expect(await isGood(try await provider.token("k-2"), verifier))
            #expect(provider.requests == 2)
            #expect(await !isGood(old, verifier))
        }
    }

    @Test("Many tokens with unknown key ids cause one request to the provider")
    func unknownKeys() async throws {
        let provider = Provider()
        provider.publish("k-1")
        try await provider.run { address in
            let keys = FetchedKeys(address, logger: logger)
            let verifier = try await TokenVerifier(secret: ServerFixture.secret, provider: keys)
            await withTaskGroup { group in
                for number in 0..<50 {
                    group.addTask {
                        let token = try? await provider.token("made-up-\(number)")
                        #expect(await !isGood(token ?? "", verifier))
                    }
                }
            }
            #expect(provider.requests == 1)
            for _ in 0..<3 { #expect(await !isGood(try await provider.token("made-up"), verifier)) }
            #expect(provider.requests == 1)
            #expect(await isGood(try await provider.token("k-1"), verifier))
            #expect(await isGood(try await ServerFixture.token("u-1", .manager), verifier))
        }
    }

    @Test("After a bad response of the provider, the known keys stay valid and a warning is logged")
    func failures() async throws {
        let provider = Provider()
        provider.publish("k-1")
        let log = RecordedLog()
        try await withVerifier(of: provider, logger: log.logger) { verifier in
            let token = try await provider.token("k-1")
            #expect(await isGood(token, verifier))
            let answers: [@Sendable (String) -> Response] = [
                { _ in Response(status: .internalServerError) }, { _ in Response.text("<html>") },
                { _ in Response.text(#"{"keys":{}}"#) },
                { $0.isEmpty ? Response(status: .ok) : Response.redirect(to: "/elsewhere") },
                { Response.text(String(repeating: " ", count: 1 << 20) + $0) },
            ]
            for (index, answer) in answers.enumerated() {
                provider.answer(answer)
                #expect(await !isGood(try await provider.token("unknown"), verifier))
                #expect(await isGood(token, verifier), "\(index)")
                #expect(provider.requests == index + 2)
                #expect(log.text.split(separator: "\n").count { $0.hasPrefix("warning") } == index + 1)
            }
        }
    }

    @Test("A key that was withdrawn is not valid any more, also where no key of the new list can be used")
    func withdrawal() async throws {
        let provider = Provider()
        provider.publish("k-1", "k-2")
        let log = RecordedLog()
        try await withVerifier(of: provider, logger: log.logger) { verifier in
            let tokens = [try await provider.token("k-1"), try await provider.token("k-2")]
            for token in tokens { #expect(await isGood(token, verifier)) }
            for (list, isGoodNow) in [
                (#"{"keys":[{"kty":"RSA","kid":"k-2","n":"AQAB","e":"AQAB"}]}"#, [false, true]),
                (#"{"keys":[]}"#, [false, false]),
            ] {
                provider.answer { _ in Response.text(list) }
                #expect(await !isGood(try await provider.token("unknown"), verifier))
                #expect(await [isGood(tokens[0], verifier), isGood(tokens[1], verifier)] == isGoodNow, "\(list)")
            }
            #expect(log.text.contains("k-2"))
        }
    }

    @Test("At a rotation with one key that cannot be used, the new key is valid and the retired one is not")
    func rotationWithUnusableKey() async throws {
        let provider = Provider()
        provider.publish("k-1")
        try await withVerifier(of: provider) { verifier in
            let old = try await provider.token("k-1")
            #expect(await isGood(old, verifier))
            provider.publish("k-2")
            let short = #"{"kty":"RSA","kid":"short","n":"AQAB","e":"AQAB"},"#
            provider.answer { Response.text($0.replacing("[", with: "[" + short)) }
            #expect(await isGood(try await provider.token("k-2"), verifier))
            #expect(await !isGood(old, verifier))
        }
    }

    @Test("A provider that is unavailable at the start is asked again, and then its tokens are valid")
    func lateProvider() async throws {
        let provider = Provider()
        provider.answer { _ in Response(status: .serviceUnavailable) }
        try await withVerifier(of: provider) { verifier in
            provider.publish("k-1")
            let token = try await provider.token("k-1")
            #expect(await !isGood(token, verifier))
            provider.answer { Response.text($0) }
            #expect(await isGood(token, verifier))
        }
    }

    @Test("The keys are fetched at a fixed interval until the server stops")
    func schedule() async throws {
        let provider = Provider()
        let (fetches, continuation) = AsyncStream.makeStream(of: Void.self)
        provider.publish("k-1")
        provider.answer {
            continuation.yield()
            return Response.text($0)
        }
        try await provider.run { address in
            let keys = FetchedKeys(address, interval: .milliseconds(1), logger: logger)
            let running = Task { await keys.run() }
            var times = 0
            for await _ in fetches {
                times += 1
                if times == 3 { break }
            }
            running.cancel()
            await running.value
            #expect(times == 3)
        }
    }

    @Test("A JWKS file is read again when it changes")
    func file() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "jwks-\(UInt64.random(in: 0...(.max)))").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        func write(_ key: ES256PrivateKey, _ kid: String) throws {
            let point = try #require(key.parameters)
            try Data(#"{"keys":[{"kty":"EC","kid":"\#(kid)","crv":"P-256","x":"\#(point.x)","y":"\#(point.y)"}]}"#.utf8)
                .write(to: URL(filePath: path), options: .atomic)
        }
        let (one, two) = (ES256PrivateKey(), ES256PrivateKey())
        let tokens = [
            try await RawToken.key(one).token(kid: "k-1"), try await RawToken.key(two).token(kid: "k-2"),
        ]
        try write(one, "k-1")
        let file = try await KeyFile(path: path, checkInterval: .zero, logger: logger)
        let verifier = try await TokenVerifier(secret: nil, provider: file)
        #expect(await [isGood(tokens[0], verifier), isGood(tokens[1], verifier)] == [true, false])
        try write(two, "k-2")
        #expect(await [isGood(tokens[0], verifier), isGood(tokens[1], verifier)] == [false, true])
        try Data("{}".utf8).write(to: URL(filePath: path), options: .atomic)
        #expect(await [isGood(tokens[0], verifier), isGood(tokens[1], verifier)] == [false, true])
    }

    @Test(
        "The address of the keys must use TLS or be on this host",
        arguments: [
            ("https://id.example.com/jwks", true), ("https://id.example.com:8443/realms/x/certs?a=b", true),
            ("http://127.0.0.1:8080/jwks", true), ("http://localhost/jwks", true), ("http://[::1]:80/jwks", true),
            ("http://id.example.com/jwks", false), ("http://localhost.example.com/jwks", false), ("ftp://x/y", false),
            ("https://", false), ("file:///etc/jwks", false), ("https://user:word@id.example.com/", false), ("", false),
        ]
    )
    func addresses(text: String, isGood: Bool) { #expect((JWKSAddress(text) != nil) == isGood) }
}
