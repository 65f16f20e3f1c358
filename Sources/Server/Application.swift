package import Foundation
package import Hummingbird
internal import HummingbirdCore
internal import Ledger
internal import Log
package import Logging
internal import NIOCore
package import SalesRules

/// The settings of a server.
package struct ServerSettings: Sendable {
    /// The address to listen on.
    package var httpHost: String
    /// 0 for any free port.
    package var httpPort: Int
    /// The tenant of a token without the claim `tenant`.
    package var defaultTenant: Identifier
    /// The time zone that decides today's date.
    package var timeZone: TimeZone
    /// Settings for browsers, and for proxies between them and the server.
    package var web: WebSettings
    /// The program's version, for the metrics.
    package var version: String

    /// Settings with these values.
    /// - Parameter version: shown to operators only.
    package init(
        httpHost: String,
        httpPort: Int,
        defaultTenant: Identifier,
        timeZone: TimeZone,
        web: WebSettings = WebSettings(),
        version: String = "unknown"
    ) {
        self.httpHost = httpHost
        self.httpPort = httpPort
        self.defaultTenant = defaultTenant
        self.timeZone = timeZone
        self.web = web
        self.version = version
    }
}

/// The server, ready to run (docs/CONTRACT.md, "HTTP").
/// - Parameter onServing: called with the port once the server listens on it.
/// - Throws: when the page's files cannot be read from the program's resources.
package func makeApplication(
    _ settings: ServerSettings,
    _ dependencies: ServerDependencies,
    logger: Logger,
    onServing: @escaping @Sendable (Int) -> Void = { _ in }
) throws -> some ApplicationProtocol {
    let authenticator = makeAuthenticator(settings, dependencies)
    let feed = makeFeed(settings, dependencies, authenticator, logger: logger)
    let freshness = makeFreshnessMonitor(dependencies, feed: feed, logger: logger)
    let router = try makeRouter(settings, dependencies, feed: feed, freshness: freshness, logger: logger)
    router.refuseOtherMethods()
    return Application(
        router: router,
        // A client that stops in the middle of a request must not hold its connection or delay a shutdown forever.
        server: .http1(
            configuration: .init(additionalChannelHandlers: [ConnectionHandlerInstaller()], idleTimeout: .seconds(60))
        ),
        configuration: .init(address: .hostname(settings.httpHost, port: settings.httpPort), serverName: nil),
        services: [feed, freshness],
        onServerRunning: { channel in onServing(channel.localAddress?.port ?? settings.httpPort) },
        logger: logger
    )
}

func makeAuthenticator(_ settings: ServerSettings, _ dependencies: ServerDependencies) -> Authenticator {
    Authenticator(
        verifier: dependencies.verifier,
        ended: dependencies.endedSessions,
        defaultTenant: settings.defaultTenant,
        now: dependencies.now
    )
}

func makeFeed(
    _ settings: ServerSettings,
    _ dependencies: ServerDependencies,
    _ authenticator: Authenticator,
    logger: Logger
) -> Feed {
    let now = dependencies.now
    return Feed(
        reader: dependencies.reader,
        subscriber: dependencies.subscriber,
        today: { Day.today(at: now(), in: settings.timeZone) },
        now: now,
        signInCheck: { await authenticator.check() },
        logger: logger
    )
}

func makeFreshnessMonitor(_ dependencies: ServerDependencies, feed: Feed, logger: Logger) -> FreshnessMonitor {
    FreshnessMonitor(dependencies, logger: logger) { feed.publish($0) }
}

/// All routes: first those without sign-in, then those with it.
func makeRouter(
    _ settings: ServerSettings,
    _ dependencies: ServerDependencies,
    feed: Feed,
    freshness: FreshnessMonitor,
    logger: Logger
) throws -> Router<Context> {
    let (reader, writer, decoder) = (dependencies.reader, dependencies.writer, dependencies.decoder)
    let now = dependencies.now
    let today: @Sendable () -> Day = { Day.today(at: now(), in: settings.timeZone) }
    let authenticator = makeAuthenticator(settings, dependencies)
    let refusals = RefusalLog(logger: logger)
    let metrics = Metrics(version: settings.version, started: Date())
    let router = Router(context: Context.self, options: .autoGenerateHeadEndpoints)
    router.add(middleware: RequestMetricsMiddleware(metrics: metrics))
    // Inside the metrics, so that a refused request is counted with its status.
    router.add(middleware: ProblemMiddleware(logger: logger))
    router.add(middleware: ExpectedBodyMiddleware())
    OperatorRoutes(metrics: metrics, freshness: freshness, feed: feed).add(to: router)
    try PageRoutes(settings.web, logger: logger).add(to: router)
    SessionRoutes(
        authenticator: authenticator,
        web: settings.web,
        refusals: refusals,
        logger: logger
    ).add(to: router)
    let authentication = AuthenticationMiddleware(authenticator: authenticator, refusals: refusals)
    let group = router.group("api/v1").add(middleware: authentication).add(middleware: TurnsMiddleware())
    WidgetRoutes(reader: reader, today: today).add(to: group)
    TargetRoutes(reader: reader, today: today).add(to: group)
    TargetWriteRoutes(reader: reader, writer: writer, decoder: decoder, today: today).add(to: group)
    TargetExportRoutes(reader: reader, today: today).add(to: group)
    OrderRoutes(reader: reader).add(to: group)
    AllocationRoutes(reader: reader, writer: writer, decoder: decoder).add(to: group)
    IngestRoutes(reader: reader, writer: writer, decoder: decoder).add(to: group)
    PreferenceRoutes(reader: reader, writer: writer, decoder: decoder).add(to: group)
    PeopleRoutes(reader: reader).add(to: group)
    StreamRoutes(feed: feed).add(to: group)
    FreshnessRoutes(freshness: freshness).add(to: group)
    return router
}

extension Day {
    /// The date of a moment in a time zone; 1970-01-01 when the year is not from 1900 to 2999.
    package static func today(at moment: Date, in timeZone: TimeZone) -> Day {
        let seconds = Int(moment.timeIntervalSince1970.rounded(.down)) + timeZone.secondsFromGMT(for: moment)
        return Day(number: Int((Double(seconds) / 86_400).rounded(.down))) ?? .epoch
    }
}
