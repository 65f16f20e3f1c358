package import Foundation
package import Hummingbird
internal import HummingbirdCore
package import Ledger
package import Logging
internal import NIOCore
package import Redis
package import SalesTargets

/// What the server needs to know.
package struct ServerSettings: Sendable {
    /// The address to listen on.
    package var httpHost: String
    /// 0 for any free port.
    package var httpPort: Int
    /// Whose a token is that names no tenant.
    package var defaultTenant: Identifier
    /// Where it is decided what today is.
    package var timeZone: TimeZone
    /// The program's version, for the metrics.
    package var version: String

    /// Settings of one server.
    /// - Parameter version: shown to operators only.
    package init(
        httpHost: String,
        httpPort: Int,
        defaultTenant: Identifier,
        timeZone: TimeZone,
        version: String = "unknown"
    ) {
        self.httpHost = httpHost
        self.httpPort = httpPort
        self.defaultTenant = defaultTenant
        self.timeZone = timeZone
        self.version = version
    }
}

/// What the server asks of the world around it.
package struct Surroundings: Sendable {
    let isKafkaReachable: @Sendable () async -> Bool
    let isRedisReachable: @Sendable () async -> Bool
    let now: @Sendable () -> Date

    /// What is asked when a probe or the clock is needed.
    /// - Parameters:
    ///   - isKafkaReachable: asked at most once a second, and not waited for longer than two.
    ///   - isRedisReachable: the same.
    ///   - now: what decides whether a token is expired, and what today is.
    package init(
        isKafkaReachable: @escaping @Sendable () async -> Bool,
        isRedisReachable: @escaping @Sendable () async -> Bool,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.isKafkaReachable = isKafkaReachable
        self.isRedisReachable = isRedisReachable
        self.now = now
    }
}

/// The server, ready to run (the contract's "HTTP, under /api/v1").
/// - Parameters:
///   - subscriber: hears what the postings that `reader` reads announce.
///   - onServing: gets the port, once it is listened on.
package func makeApplication(
    _ settings: ServerSettings,
    verifier: TokenVerifier,
    reader: LedgerReader,
    subscriber: RedisSubscriber,
    surroundings: Surroundings,
    logger: Logger,
    onServing: @escaping @Sendable (Int) -> Void = { _ in }
) -> some ApplicationProtocol {
    let metrics = Metrics(version: settings.version, started: Date())
    let today: @Sendable () -> Day = { Day.today(at: surroundings.now(), in: settings.timeZone) }
    let feed = Feed(
        reader: reader,
        subscriber: subscriber,
        today: today,
        now: surroundings.now,
        logger: logger
    )
    let router = Router(context: Context.self, options: .autoGenerateHeadEndpoints)
    router.add(middleware: RequestMetrics(metrics: metrics))
    // Within the metrics, so that what a route refuses is counted with its status.
    router.add(middleware: Problems(logger: logger))
    OperatorRoutes(metrics: metrics, surroundings: surroundings, feed: feed).add(to: router)
    let tokens = BearerTokens(verifier: verifier, defaultTenant: settings.defaultTenant, now: surroundings.now)
    let group = router.group("api/v1").add(middleware: tokens)
    WidgetRoutes(reader: reader, today: today).add(to: group)
    TargetRoutes(reader: reader, today: today).add(to: group)
    OrderRoutes(reader: reader).add(to: group)
    PeopleRoutes(reader: reader).add(to: group)
    StreamRoutes(feed: feed).add(to: group)
    return Application(
        router: router,
        // A request that stops half-way must neither hold its connection for ever nor keep the server from stopping.
        server: .http1(configuration: .init(idleTimeout: .seconds(60))),
        configuration: .init(address: .hostname(settings.httpHost, port: settings.httpPort), serverName: nil),
        services: [feed],
        onServerRunning: { channel in onServing(channel.localAddress?.port ?? settings.httpPort) },
        logger: logger
    )
}

extension Day {
    /// The date of a moment in a time zone; a clock that shows the year 3000 or later is taken as 1970.
    package static func today(at moment: Date, in timeZone: TimeZone) -> Day {
        let seconds = Int(moment.timeIntervalSince1970.rounded(.down)) + timeZone.secondsFromGMT(for: moment)
        return Day(number: Int((Double(seconds) / 86_400).rounded(.down))) ?? .epoch
    }
}
