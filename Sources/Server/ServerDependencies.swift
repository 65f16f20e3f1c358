package import Events
package import Foundation
package import Ledger
package import Log
package import Redis

/// The parts that a server needs.
package struct ServerDependencies: Sendable {
    let verifier: TokenVerifier
    let endedSessions: EndedSessions
    let reader: LedgerReader
    let subscriber: RedisSubscriber
    let writer: EventWriter
    let decoder: RequestBodyDecoder
    let watermarks: @Sendable () async throws -> [TopicPartition: Watermarks]
    let catalogTopics: Set<String>
    let now: @Sendable () -> Date

    /// The dependencies of one server; reader and writer use one ledger.
    /// - Parameters:
    ///   - verifier: checks tokens and sessions.
    ///   - endedSessions: the sessions that were ended before their time.
    ///   - reader: reads the results.
    ///   - subscriber: receives the announcements of postings to the ledger that `reader` reads.
    ///   - writer: writes changes to the log.
    ///   - decoder: decodes request bodies.
    ///   - watermarks: the start and the end of every partition that the workers read. Called about every second, never
    ///     twice at the same time; an answer that takes too long counts as a failure of Kafka.
    ///   - catalogTopics: the topics of targets and people.
    ///   - now: the clock, for the expiry of tokens, today's date and the age of results.
    package init(
        verifier: TokenVerifier,
        endedSessions: EndedSessions,
        reader: LedgerReader,
        subscriber: RedisSubscriber,
        writer: EventWriter,
        decoder: RequestBodyDecoder,
        watermarks: @escaping @Sendable () async throws -> [TopicPartition: Watermarks],
        catalogTopics: Set<String>,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.verifier = verifier
        self.endedSessions = endedSessions
        self.reader = reader
        self.subscriber = subscriber
        self.writer = writer
        self.decoder = decoder
        self.watermarks = watermarks
        self.catalogTopics = catalogTopics
        self.now = now
    }
}
