package import Events
package import Ledger
package import Redis

/// What the server is put together from.
package struct ServerParts: Sendable {
    let verifier: TokenVerifier
    let reader: LedgerReader
    let subscriber: RedisSubscriber
    let writer: LogWriter
    let decoder: BodyDecoder
    let surroundings: Surroundings

    /// The parts of one server; reader and writer are of one ledger.
    /// - Parameters:
    ///   - verifier: says who someone is.
    ///   - reader: reads the numbers.
    ///   - subscriber: hears what the postings announce that `reader` reads.
    ///   - writer: writes what managers change into the log.
    ///   - decoder: reads the bodies of requests.
    ///   - surroundings: the world around it.
    package init(
        verifier: TokenVerifier,
        reader: LedgerReader,
        subscriber: RedisSubscriber,
        writer: LogWriter,
        decoder: BodyDecoder,
        surroundings: Surroundings
    ) {
        self.verifier = verifier
        self.reader = reader
        self.subscriber = subscriber
        self.writer = writer
        self.decoder = decoder
        self.surroundings = surroundings
    }
}
