import Events
import Foundation
import Hummingbird
import Kafka
import Ledger
import Logging
import Redis
import SalesTargets
import Server
import ServiceLifecycle

/// Puts the server together with what it reads from.
enum Serving {
    static func application(
        _ settings: ServerSettings,
        verifier: TokenVerifier,
        ledger: LedgerSettings,
        events: EventSettings,
        client: RedisClient,
        log: KafkaLog,
        kafka: KafkaConfiguration,
        logger: Logger,
        onServing: @escaping @Sendable (Int) -> Void
    ) throws -> some ApplicationProtocol {
        let admin = try KafkaAdmin(kafka)
        let surroundings = Surroundings(
            isKafkaReachable: {
                let known = try? await BlockingThread.run("kafka probe") {
                    try admin.partitions(of: [], timeoutMilliseconds: 2_000)
                }
                return known != nil
            },
            isRedisReachable: { (try? await client.send(RedisPipeline(RedisCommand("PING")))) != nil }
        )
        let parts = ServerParts(
            verifier: verifier,
            reader: LedgerReader(link: client, settings: ledger),
            subscriber: client.subscriber,
            writer: LogWriter(log: log, link: client, keys: ledger.keys),
            decoder: BodyDecoder(events),
            surroundings: surroundings
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
