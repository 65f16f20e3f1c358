package import Events
package import Foundation
package import Ledger
package import Log
package import Redis

/// What the server is put together from.
package struct ServerDependencies: Sendable {
    let verifier: TokenVerifier
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
    ///   - reader: reads the numbers.
    ///   - subscriber: receives the announcements of the postings that `reader` reads.
    ///   - writer: writes what managers change to the log.
    ///   - decoder: reads the bodies of requests.
    ///   - watermarks: where every partition that is read begins and ends; called every other second, never twice at
    ///     once, and not waited for longer than two seconds.
    ///   - catalogTopics: the topics of targets and people.
    ///   - now: decides whether a token is expired, what today is, and how old results are.
    package init(
        verifier: TokenVerifier,
        reader: LedgerReader,
        subscriber: RedisSubscriber,
        writer: EventWriter,
        decoder: RequestBodyDecoder,
        watermarks: @escaping @Sendable () async throws -> [TopicPartition: Watermarks],
        catalogTopics: Set<String>,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.verifier = verifier
        self.reader = reader
        self.subscriber = subscriber
        self.writer = writer
        self.decoder = decoder
        self.watermarks = watermarks
        self.catalogTopics = catalogTopics
        self.now = now
    }
}
