package import Foundation
package import Hummingbird
internal import HummingbirdCore
package import Ledger
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

/// What the server asks of the world around it.
package struct Surroundings: Sendable {
    let logBounds: @Sendable () async throws -> [LogPartition: (low: Int64, high: Int64)]
    let catalogTopics: Set<String>
    let now: @Sendable () -> Date

    /// What is asked when the log's ends or the clock are needed.
    /// - Parameters:
    ///   - logBounds: the offsets of the first record and after the last one, of every partition that is read; asked
    ///     every other second, never twice at once, and not waited for longer than two seconds.
    ///   - catalogTopics: those of targets and people.
    ///   - now: what decides whether a token is expired, what today is, and how old results are.
    package init(
        logBounds: @escaping @Sendable () async throws -> [LogPartition: (low: Int64, high: Int64)],
        catalogTopics: Set<String>,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.logBounds = logBounds
        self.catalogTopics = catalogTopics
        self.now = now
    }
}

/// The server, ready to run (the contract's "HTTP, under /api/v1").
/// - Parameter onServing: gets the port, once it is listened on.
/// - Throws: when the page's files, which are a part of the program, cannot be read.
package func makeApplication(
    _ settings: ServerSettings,
    _ parts: ServerParts,
    logger: Logger,
    onServing: @escaping @Sendable (Int) -> Void = { _ in }
) throws -> some ApplicationProtocol {
    let feed = makeFeed(settings, parts, logger: logger)
    let freshness = makeFreshness(parts, feed: feed, logger: logger)
    let router = try makeRouter(settings, parts, feed: feed, freshness: freshness, logger: logger)
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

func makeFeed(_ settings: ServerSettings, _ parts: ServerParts, logger: Logger) -> Feed {
    let now = parts.surroundings.now
    return Feed(
        reader: parts.reader,
        subscriber: parts.subscriber,
        today: { Day.today(at: now(), in: settings.timeZone) },
        now: now,
        logger: logger
    )
}

func makeFreshness(_ parts: ServerParts, feed: Feed, logger: Logger) -> Freshness {
    Freshness(reader: parts.reader, surroundings: parts.surroundings, logger: logger) { feed.tell($0) }
}

/// All routes: what needs no sign-in first, then what does.
func makeRouter(
    _ settings: ServerSettings,
    _ parts: ServerParts,
    feed: Feed,
    freshness: Freshness,
    logger: Logger
) throws -> Router<Context> {
    let (reader, writer, decoder) = (parts.reader, parts.writer, parts.decoder)
    let now = parts.surroundings.now
    let today: @Sendable () -> Day = { Day.today(at: now(), in: settings.timeZone) }
    let metrics = Metrics(version: settings.version, started: Date())
    let router = Router(context: Context.self, options: .autoGenerateHeadEndpoints)
    router.add(middleware: RequestMetrics(metrics: metrics))
    // Within the metrics, so that what a route refuses is counted with its status.
    router.add(middleware: Problems(logger: logger))
    OperatorRoutes(metrics: metrics, freshness: freshness, feed: feed).add(to: router)
    try PageRoutes(settings.web, logger: logger).add(to: router)
    SessionRoutes(
        verifier: parts.verifier,
        defaultTenant: settings.defaultTenant,
        web: settings.web,
        now: now,
        logger: logger
    ).add(to: router)
    let signedIn = SignedIn(verifier: parts.verifier, defaultTenant: settings.defaultTenant, now: now)
    let group = router.group("api/v1").add(middleware: signedIn)
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
