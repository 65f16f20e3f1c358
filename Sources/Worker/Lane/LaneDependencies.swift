package import Ledger

/// What a lane needs besides its consumer: Redis, the topic of dead letters, the clock and chance. The simulation passes
/// its own.
package struct LaneDependencies {
    /// Connects to Redis; throws `RedisError`.
    package let connect: () async throws -> any PostingLinks
    /// Returns once the dead letters are written for good; throws `LogError`.
    package let writeDeadLetters: ([RefusedRecord]) throws -> Void
    package let now: () -> ContinuousClock.Instant
    package let sleep: @Sendable (Duration) async -> Void
    /// A number in this range, for waits that are not all equally long.
    package let random: (ClosedRange<Int64>) -> Int64

    /// The dependencies of one lane.
    package init(
        connect: @escaping () async throws -> any PostingLinks,
        writeDeadLetters: @escaping ([RefusedRecord]) throws -> Void,
        now: @escaping () -> ContinuousClock.Instant,
        sleep: @escaping @Sendable (Duration) async -> Void,
        random: @escaping (ClosedRange<Int64>) -> Int64
    ) {
        self.connect = connect
        self.writeDeadLetters = writeDeadLetters
        self.now = now
        self.sleep = sleep
        self.random = random
    }
}
