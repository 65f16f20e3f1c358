import Events
import Hummingbird
import Ledger
import Log
import Logging
import Redis
import Server
import ServiceLifecycle

/// Builds the server from its settings, the log and Redis.
enum ServerAssembly {
    /// A Redis client for the server. A request fails after two seconds, because a person waits for the answer.
    static func client(_ endpoint: RedisEndpoint) -> RedisClient {
        RedisClient(endpoint, timeouts: RedisTimeouts(connect: .seconds(2), request: .seconds(2)))
    }

    /// Throws what no waiting mends: a wrong password, an unfit Redis, other settings. A server starts without an answer of
    /// Redis, and meets such a fault later as a problem of `/readyz`. Kafka is asked while the server runs.
    static func refuseLastingFaults(_ client: RedisClient, _ ledger: LedgerSettings) async throws(LedgerError) {
        do {
            _ = try await LedgerReader(link: client, settings: ledger).health(of: [], catalogTopics: [])
        } catch {
            if error.needsPerson { throw error }
        }
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
            endedSessions: EndedSessions(link: link, keys: ledger.keys),
            reader: LedgerReader(link: link, settings: ledger),
            subscriber: client.subscriber,
            writer: EventWriter(log: producer, link: link, keys: ledger.keys),
            decoder: RequestBodyDecoder(events),
            watermarks: { try await LogEnds.watermarks(of: topics, by: admin, timeoutMilliseconds: 2_000) },
            catalogTopics: topics.catalog
        )
        return try makeApplication(settings, dependencies, logger: logger, onServing: onServing)
    }

    /// Runs services together. A stop takes at most ten seconds, even if a client does not read its response.
    static func services(_ services: [any Service], logger: Logger) -> ServiceGroupConfiguration {
        var configuration = ServiceGroupConfiguration(services: services, logger: logger)
        configuration.maximumGracefulShutdownDuration = .seconds(10)
        return configuration
    }
}
