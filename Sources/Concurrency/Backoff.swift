/// How long to wait between attempts: exponential with full jitter, so that many clients of a server that comes back do
/// not all arrive at once (AWS Architecture Blog, "Exponential Backoff and Jitter").
public struct Backoff: Sendable, Hashable {
    /// The longest wait after the first failure; it doubles with each further one.
    public var base: Duration
    /// The longest wait ever.
    public var maximum: Duration
    /// The shortest wait.
    public var minimum: Duration

    /// 50 ms to 2 s unless said otherwise.
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
    /// - Parameter random: draws a number of the given range.
    public func delay(attempt: Int, _ random: (ClosedRange<Int64>) -> Int64 = { .random(in: $0) }) -> Duration {
        let (low, high) = (Int64(minimum / .milliseconds(1)), Int64(bound(attempt: attempt) / .milliseconds(1)))
        return .milliseconds(random(low...max(low, high)))
    }
}
