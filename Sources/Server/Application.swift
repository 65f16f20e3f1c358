package import Foundation
package import Hummingbird
internal import HummingbirdCore
internal import Ledger
internal import Log
package import Logging
internal import NIOCore
package import SalesRules

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
    /// Browsers, and what stands between them and the server.
    package var web: WebSettings
    /// The program's version, for the metrics.
    package var version: String

    /// Settings of one server.
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
/// - Parameter onServing: gets the port, once it is listened on.
/// - Throws: when the page's files, which are a part of the program, cannot be read.
package func makeApplication(
    _ settings: ServerSettings,
    _ dependencies: ServerDependencies,
    logger: Logger,
    onServing: @escaping @Sendable (Int) -> Void = { _ in }
) throws -> some ApplicationProtocol {
    let feed = makeFeed(settings, dependencies, logger: logger)
    let freshness = makeFreshness(dependencies, feed: feed, logger: logger)
    let router = try makeRouter(settings, dependencies, feed: feed, freshness: freshness, logger: logger)
    router.refuseOtherMethods()
    return Application(
        router: router,
        // A request that stops half-way must neither hold its connection for ever nor keep the server from stopping.
        server: .http1(configuration: .init(idleTimeout: .seconds(60))),
        configuration: .init(address: .hostname(settings.httpHost, port: settings.httpPort), serverName: nil),
        services: [feed, freshness],
        onServerRunning: { channel in onServing(channel.localAddress?.port ?? settings.httpPort) },
        logger: logger
    )
}

func makeFeed(_ settings: ServerSettings, _ dependencies: ServerDependencies, logger: Logger) -> Feed {
    let now = dependencies.now
    return Feed(
        reader: dependencies.reader,
        subscriber: dependencies.subscriber,
        today: { Day.today(at: now(), in: settings.timeZone) },
        now: now,
        logger: logger
    )
}

func makeFreshness(_ dependencies: ServerDependencies, feed: Feed, logger: Logger) -> Freshness {
    Freshness(dependencies, logger: logger) { feed.tell($0) }
}

/// All routes: what needs no sign-in first, then what does.
func makeRouter(
    _ settings: ServerSettings,
    _ dependencies: ServerDependencies,
    feed: Feed,
    freshness: Freshness,
    logger: Logger
) throws -> Router<Context> {
    let (reader, writer, decoder) = (dependencies.reader, dependencies.writer, dependencies.decoder)
    let now = dependencies.now
    let today: @Sendable () -> Day = { Day.today(at: now(), in: settings.timeZone) }
    let metrics = Metrics(version: settings.version, started: Date())
    let router = Router(context: Context.self, options: .autoGenerateHeadEndpoints)
    router.add(middleware: RequestMetricsMiddleware(metrics: metrics))
    // Within the metrics, so that what a route refuses is counted with its status.
    router.add(middleware: ProblemMiddleware(logger: logger))
    OperatorRoutes(metrics: metrics, freshness: freshness, feed: feed).add(to: router)
    try PageRoutes(settings.web, logger: logger).add(to: router)
    SessionRoutes(
        verifier: dependencies.verifier,
        defaultTenant: settings.defaultTenant,
        web: settings.web,
        now: now,
        logger: logger
    ).add(to: router)
    let authentication = AuthenticationMiddleware(
        verifier: dependencies.verifier,
        defaultTenant: settings.defaultTenant,
        now: now
    )
    let group = router.group("api/v1").add(middleware: authentication)
    WidgetRoutes(reader: reader, today: today).add(to: group)
    TargetRoutes(reader: reader, today: today).add(to: group)
    TargetWriteRoutes(reader: reader, writer: writer, decoder: decoder, today: today).add(to: group)
    TargetExportRoutes(reader: reader, today: today).add(to: group)
    OrderRoutes(reader: reader).add(to: group)
    AllocationRoutes(reader: reader, writer: writer, decoder: decoder).add(to: group)
    IngestRoutes(writer: writer, decoder: decoder).add(to: group)
    PreferenceRoutes(writer: writer, decoder: decoder).add(to: group)
    PeopleRoutes(reader: reader).add(to: group)
    StreamRoutes(feed: feed).add(to: group)
    FreshnessRoutes(freshness: freshness).add(to: group)
    return router
}

extension Day {
    /// The date of a moment in a time zone; a clock that shows the year 3000 or later is taken as 1970.
    package static func today(at moment: Date, in timeZone: TimeZone) -> Day {
        let seconds = Int(moment.timeIntervalSince1970.rounded(.down)) + timeZone.secondsFromGMT(for: moment)
        return Day(number: Int((Double(seconds) / 86_400).rounded(.down))) ?? .epoch
    }
}
