internal import Events
package import Foundation
internal import HTTPTypes
package import Hummingbird
package import Ledger
package import Logging
internal import NIOCore
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

    /// Settings of one server.
    package init(httpHost: String, httpPort: Int, defaultTenant: Identifier, timeZone: TimeZone) {
        self.httpHost = httpHost
        self.httpPort = httpPort
        self.defaultTenant = defaultTenant
        self.timeZone = timeZone
    }
}

/// What the server asks of the world around it.
package struct Surroundings: Sendable {
    let isKafkaReachable: @Sendable () async -> Bool
    let isRedisReachable: @Sendable () async -> Bool
    let now: @Sendable () -> Date

    /// What is asked when a probe or the clock is needed.
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

/// The server, ready to run.
/// - Parameter onServing: gets the port, once it is listened on.
package func makeApplication(
    _ settings: ServerSettings,
    verifier: TokenVerifier,
    reader: LedgerReader,
    surroundings: Surroundings,
    logger: Logger,
    onServing: @escaping @Sendable (Int) -> Void = { _ in }
) -> some ApplicationProtocol {
    let metrics = Metrics()
    let today: @Sendable () -> Day = { Day.today(at: surroundings.now(), in: settings.timeZone) }
    let router = Router(context: Context.self)
    router.add(middleware: RequestMetrics(metrics: metrics))
    // Within the metrics, so that what a route refuses is counted with its status.
    router.add(middleware: Problems(logger: logger))
    OperatorRoutes(metrics: metrics, surroundings: surroundings).add(to: router)
    let group = router.group("api/v1")
        .add(middleware: BearerTokens(verifier: verifier, defaultTenant: settings.defaultTenant))
    WidgetRoutes(reader: reader, today: today).add(to: group)
    TargetRoutes(reader: reader, today: today).add(to: group)
    OrderRoutes(reader: reader).add(to: group)
    return Application(
        router: router,
        configuration: .init(address: .hostname(settings.httpHost, port: settings.httpPort), serverName: nil),
        onServerRunning: { channel in onServing(channel.localAddress?.port ?? settings.httpPort) },
        logger: logger
    )
}

/// For those who run it: without a token, and without anything that is anyone's.
private struct OperatorRoutes: Sendable {
    let metrics: Metrics
    let surroundings: Surroundings

    func add(to router: Router<Context>) {
        router.get("healthz") { _, _ in Response.text("ok\n") }
        router.get("readyz") { _, _ in
            async let kafka = surroundings.isKafkaReachable()
            async let redis = surroundings.isRedisReachable()
            let (isKafkaUp, isRedisUp) = await (kafka, redis)
            return Response.json(status: isKafkaUp && isRedisUp ? .ok : .serviceUnavailable) { json in
                json.member("kafka", isKafkaUp)
                json.member("redis", isRedisUp)
            }
        }
        router.get("metrics") { _, _ in
            async let kafka = surroundings.isKafkaReachable()
            async let redis = surroundings.isRedisReachable()
            let text = await metrics.text(isKafkaUp: kafka, isRedisUp: redis)
            return Response.text(text, type: "text/plain; version=0.0.4")
        }
    }
}

extension Response {
    static func json(status: HTTPResponse.Status = .ok, _ write: (inout JSONWriter) -> Void) -> Response {
        Response(
            status: status,
            headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(bytes: JSONWriter.object(write)))
        )
    }

    static func text(_ text: String, type: String = "text/plain") -> Response {
        Response(status: .ok, headers: [.contentType: type], body: .init(byteBuffer: ByteBuffer(string: text)))
    }
}

extension Day {
    /// The date of a moment in a time zone; a clock that shows the year 3000 or later is taken as 1970.
    package static func today(at moment: Date, in timeZone: TimeZone) -> Day {
        let seconds = Int(moment.timeIntervalSince1970.rounded(.down)) + timeZone.secondsFromGMT(for: moment)
        return Day(number: Int((Double(seconds) / 86_400).rounded(.down))) ?? .epoch
    }
}
