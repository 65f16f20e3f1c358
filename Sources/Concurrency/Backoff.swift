/// How long to wait between attempts to connect: exponential with full jitter, so that many clients of a Redis that
/// comes back do not all arrive at once.
public struct RedisBackoff: Sendable, Hashable {
    /// The longest wait after the first failed attempt; it doubles with each further one.
    public var base: Duration
    /// The longest wait ever.
    public var maximum: Duration

    /// 50 ms to 2 s unless said otherwise.
    public init(base: Duration = .milliseconds(50), maximum: Duration = .seconds(2)) {
        self.base = base
        self.maximum = maximum
    }

    /// The most to wait after `attempt` failures, counted from 0.
    public func bound(attempt: Int) -> Duration {
        min(maximum, base * (1 << min(max(attempt, 0), 20)))
    }

    /// A wait drawn evenly between nothing and ``bound(attempt:)``.
    public func delay(attempt: Int, using generator: inout some RandomNumberGenerator) -> Duration {
        bound(attempt: attempt) * Double.random(in: 0...1, using: &generator)
    }

    func delay(attempt: Int) -> Duration {
        var generator = SystemRandomNumberGenerator()
        return delay(attempt: attempt, using: &generator)
    }
}
