import Events
import Foundation
import Hummingbird
import Kafka
import Ledger
import Logging
import Redis
import SalesRules
import Server
import ServiceLifecycle
import Worker

/// Puts the server together with what it reads from.
enum Serving {
    /// The client of a server, where somebody waits for each answer: what is not there in two seconds is given up.
    static func client(_ endpoint: RedisEndpoint) -> RedisClient {
        RedisClient(endpoint, timeouts: RedisTimeouts(connect: .seconds(2), request: .seconds(2)))
    }

    static func application(
        _ settings: ServerSettings,
        verifier: TokenVerifier,
        ledger: LedgerSettings,
        events: EventSettings,
        client: RedisClient,
        log: KafkaLog,
        kafka: KafkaConfiguration,
        topics: TopicNames,
        logger: Logger,
        onServing: @escaping @Sendable (Int) -> Void
    ) throws -> some ApplicationProtocol {
        let admin = try KafkaAdmin(kafka)
        let link = RedisGate(client)
        let parts = ServerParts(
            verifier: verifier,
            reader: LedgerReader(link: link, settings: ledger),
            subscriber: client.subscriber,
            writer: LogWriter(log: log, link: link, keys: ledger.keys),
            decoder: BodyDecoder(events),
            surroundings: Surroundings(
                logBounds: { try await LogEnds.bounds(of: topics, by: admin, timeoutMilliseconds: 2_000) },
                catalogTopics: topics.catalog
            )
        )
        return try makeApplication(settings, parts, logger: logger, onServing: onServing)
    }

    /// A client that does not read its answer may hold up a stop for ten seconds, and no longer.
    static func services(_ services: [any Service], logger: Logger) -> ServiceGroupConfiguration {
        var configuration = ServiceGroupConfiguration(services: services, logger: logger)
        configuration.maximumGracefulShutdownDuration = .seconds(10)
        return configuration
    }
}

/// Whether a port of this machine can be listened on.
enum FreePort {
    static func isFree(_ port: UInt16) -> Bool {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard socket >= 0 else { return false }
        defer { close(socket) }
        var yes: Int32 = 1
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
