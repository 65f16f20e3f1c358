import Events
import Hummingbird
import Ledger
import Log
import Logging
import Redis
import Server
import ServiceLifecycle

/// Puts the server together with the log and the Redis that it reads from.
enum ServerAssembly {
    /// The client of a server, where someone waits for each answer: requests fail after two seconds.
    static func client(_ endpoint: RedisEndpoint) -> RedisClient {
        RedisClient(endpoint, timeouts: RedisTimeouts(connect: .seconds(2), request: .seconds(2)))
    }

    static func application(
        _ settings: ServerSettings,
        verifier: TokenVerifier,
        ledger: LedgerSettings,
        events: EventSettings,
        client: RedisClient,
        log: any LogBackend,
        producer: EventProducer,
        topics: TopicNames,
        logger: Logger,
        onServing: @escaping @Sendable (Int) -> Void
    ) throws -> some ApplicationProtocol {
        let admin = try log.admin()
        let link = CircuitBreaker(client)
        let dependencies = ServerDependencies(
            verifier: verifier,
            reader: LedgerReader(link: link, settings: ledger),
            subscriber: client.subscriber,
            writer: EventWriter(log: producer, link: link, keys: ledger.keys),
            decoder: RequestBodyDecoder(events),
            watermarks: { try await LogEnds.watermarks(of: topics, by: admin, timeoutMilliseconds: 2_000) },
            catalogTopics: topics.catalog
        )
        return try makeApplication(settings, dependencies, logger: logger, onServing: onServing)
    }

    /// A client that does not read its answer may delay a stop by ten seconds, but not longer.
    static func services(_ services: [any Service], logger: Logger) -> ServiceGroupConfiguration {
        var configuration = ServiceGroupConfiguration(services: services, logger: logger)
        configuration.maximumGracefulShutdownDuration = .seconds(10)
        return configuration
    }
}
