import Events
import Foundation
import Hummingbird
import HummingbirdTesting
import Ledger
import LocalServers
import Log
import Logging
import Redis
import SalesRules
import Testing

@testable import Server

/// A logger that writes nothing.
let quietLogger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// A server with its own Redis and a fixed time.
struct ServerFixture {
    static let secret = Array("a secret that is only good for tests".utf8)
    /// Noon of 5 February 2026, UTC.
    static let now = Date(timeIntervalSince1970: 1_770_292_800)

    /// Partitions of the log, for tests that need them.
    static let orders = TopicPartition(topic: "sales.orders", partition: 0)
    static let targets = TopicPartition(topic: "sales.targets", partition: 0)

    typealias ReadWatermarks = @Sendable () async throws -> [TopicPartition: Watermarks]

    let redis: RedisServerProcess
    let connection: RedisConnection
    let client: RedisClient
    let sink: EventSink

    var keys: KeySpace { sink.settings.keys }

    /// The application. A parameter replaces the default part of the same name.
    func application(
        rules: Rules? = nil,
        timeZone: String = "UTC",
        now: @escaping @autoclosure @Sendable () -> Date = Self.now,
        jwks: String? = nil,
        accounts: AccountDirectory = .empty,
        web: WebSettings = WebSettings(),
        verifier: TokenVerifier? = nil,
        log: (any EventLog)? = nil,
        timeout: Duration = .seconds(2),
        watermarks: @escaping ReadWatermarks = { [:] },
        client: RedisClient? = nil,
        logger: Logger = quietLogger
    ) async throws -> some ApplicationProtocol {
        let standard = try await Self.verifier(jwks: jwks, accounts: accounts)
        let settings = ServerSettings(
            httpHost: "127.0.0.1",
            httpPort: 0,
            defaultTenant: acme,
            timeZone: try #require(TimeZone(identifier: timeZone)),
            web: web,
            version: "1.2.3"
        )
        let parts = try dependencies(
            rules: rules,
            now: now,
            verifier: verifier ?? standard,
            log: log,
            timeout: timeout,
            watermarks: watermarks,
            client: client
        )
        return try makeApplication(settings, parts, logger: logger)
    }

    /// The routes of the application.
    func router(jwks: String? = nil, accounts: AccountDirectory = .empty) async throws -> Router<Context> {
        let settings = ServerSettings(httpHost: "127.0.0.1", httpPort: 0, defaultTenant: acme, timeZone: .gmt)
        let parts = try dependencies(verifier: try await Self.verifier(jwks: jwks, accounts: accounts))
        let feed = makeFeed(settings, parts, makeAuthenticator(settings, parts), logger: quietLogger)
        let freshness = makeFreshnessMonitor(parts, feed: feed, logger: quietLogger)
        return try makeRouter(settings, parts, feed: feed, freshness: freshness, logger: quietLogger)
    }

    private static func verifier(jwks: String?, accounts: AccountDirectory) async throws -> TokenVerifier {
        var provider: KeySet?
        if let jwks { provider = try await KeySet(jwks: jwks, logger: quietLogger) }
        return try await TokenVerifier(secret: secret, provider: provider, accounts: accounts)
    }

    private func dependencies(
        rules: Rules? = nil,
        now: @escaping @Sendable () -> Date = { Self.now },
        verifier: TokenVerifier,
        log: (any EventLog)? = nil,
        timeout: Duration = .seconds(2),
        watermarks: @escaping ReadWatermarks = { [:] },
        client: RedisClient? = nil
    ) throws -> ServerDependencies {
        let settings = rules.map { LedgerSettings(rules: $0, shards: sink.settings.shards) } ?? sink.settings
        let client = client ?? self.client
        let link = CircuitBreaker(client)
        return ServerDependencies(
            verifier: verifier,
            endedSessions: EndedSessions(link: link, keys: settings.keys),
            reader: LedgerReader(link: link, settings: settings),
            subscriber: client.subscriber,
            writer: EventWriter(log: log ?? DirectLog(sink), link: link, keys: settings.keys, timeout: timeout),
            decoder: RequestBodyDecoder(try EventSettings(defaultTenant: acme, currency: settings.rules.currency)),
            watermarks: watermarks,
            catalogTopics: [Self.targets.topic],
            now: now
        )
    }

    /// A token that is valid for an hour from ``now``.
    static func token(
        _ person: String,
        _ role: Role,
        tenant: Identifier? = nil,
        name: String? = nil,
        expiresIn: Duration = .seconds(3_600),
        secret: [UInt8] = Self.secret
    ) async throws -> String {
        try await TokenSigner(secret: secret).token(
            subject: person,
            role: role,
            tenant: tenant,
            name: name,
            expiresIn: expiresIn,
            now: now
        )
    }
}

/// Runs `body` with a Redis that holds these events.
func withFixture(
    _ events: [Event],
    rules: Rules = Rules(),
    shards: Int = 1,
    _ body: (ServerFixture) async throws -> Void
) async throws {
    let folder = "/tmp/server-tests-\(UInt64.random(in: 0...(.max)))"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let redis = try await RedisServerProcess.start(folder: folder)
    let endpoint = try RedisEndpoint(url: redis.url)
    let connection = try await RedisConnection.connect(to: endpoint)
    let client = RedisClient(endpoint, timeouts: RedisTimeouts(connect: .milliseconds(300), request: .seconds(5)))
    let sink = EventSink(connection: connection, settings: LedgerSettings(rules: rules, shards: shards))
    let fixture = ServerFixture(redis: redis, connection: connection, client: client, sink: sink)
    let outcome: Result<Void, any Error>
    do {
        try await sink.apply(events)
        outcome = .success(try await body(fixture))
    } catch {
        outcome = .failure(error)
    }
    await client.shutdown()
    connection.closeNow()
    await redis.stop()
    try outcome.get()
}

/// Runs `body` with a server over a Redis that holds these events.
func withServer(
    _ events: [Event],
    rules: Rules = Rules(),
    shards: Int = 1,
    _ body: @Sendable (APIClient) async throws -> Void
) async throws {
    try await withFixture(events, rules: rules, shards: shards) { fixture in
        try await fixture.application().test(.router) { try await body(APIClient(client: $0)) }
    }
}
