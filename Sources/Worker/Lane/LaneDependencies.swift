package import Ledger
package import Log

/// What a lane needs besides its consumer: Redis, the dead-letter topic, a clock and random numbers. The simulation
/// passes its own.
package struct LaneDependencies {
    /// Connects to Redis; throws `RedisError`.
    package let connect: () async throws -> any PostingLinks
    /// Returns after Kafka has stored the dead letters; throws `LogError`.
    package let writeDeadLetters: ([RefusedRecord]) throws -> Void
    /// Hands records to the log, and does not wait until it has stored them; throws `LogError`.
    package let restate: ([ProducerRecord]) throws -> Void
    package let now: () -> ContinuousClock.Instant
    package let sleep: @Sendable (Duration) async -> Void
    /// A random number in this range, for the lengths of waits.
    package let random: (ClosedRange<Int64>) -> Int64

    /// The dependencies of one lane.
    package init(
        connect: @escaping () async throws -> any PostingLinks,
        writeDeadLetters: @escaping ([RefusedRecord]) throws -> Void,
        restate: @escaping ([ProducerRecord]) throws -> Void,
        now: @escaping () -> ContinuousClock.Instant,
        sleep: @escaping @Sendable (Duration) async -> Void,
        random: @escaping (ClosedRange<Int64>) -> Int64
    ) {
        self.connect = connect
        self.writeDeadLetters = writeDeadLetters
        self.restate = restate
        self.now = now
        self.sleep = sleep
        self.random = random
    }
}
