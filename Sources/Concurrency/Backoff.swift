/// How long to wait between attempts: exponential backoff with full jitter, so that the clients of a server that was
/// away do not all connect at the same time (AWS Architecture Blog, "Exponential Backoff and Jitter").
public struct Backoff: Sendable, Hashable {
    /// The longest wait after the first failure; it doubles with each further failure.
    public var base: Duration
    /// The longest wait after any number of failures.
    public var maximum: Duration
    /// The shortest wait.
    public var minimum: Duration

    /// By default the longest wait grows from 50 ms to 2 s.
    public init(
        base: Duration = .milliseconds(50),
        maximum: Duration = .seconds(2),
        minimum: Duration = .zero
    ) {
        self.base = base
        self.maximum = maximum
        self.minimum = minimum
    }

    /// The longest wait after `attempt` failures, counted from 0.
    public func bound(attempt: Int) -> Duration {
        min(maximum, base * (1 << min(max(attempt, 0), 20)))
    }

    /// A wait in whole milliseconds between ``minimum`` and ``bound(attempt:)``.
    /// - Parameter random: gives a random number in the given range.
    public func delay(attempt: Int, _ random: (ClosedRange<Int64>) -> Int64 = { .random(in: $0) }) -> Duration {
        let (low, high) = (Int64(minimum / .milliseconds(1)), Int64(bound(attempt: attempt) / .milliseconds(1)))
        return .milliseconds(random(low...max(low, high)))
    }
}
