internal import Synchronization

/// While something is away every request fails for the same reason: the log says so once a second, and how often.
final class FailureCount: Sendable {
    private let state = Mutex<(said: ContinuousClock.Instant?, unsaid: Int)>((nil, 0))

    /// Counts a failure.
    /// - Returns: how many others were not said since the last one that was; nil where this one is not said either.
    func count(at now: ContinuousClock.Instant) -> Int? {
        state.withLock { state in
            if let said = state.said, said.duration(to: now) < .seconds(1) {
                state.unsaid += 1
                return nil
            }
            defer { state = (now, 0) }
            return state.unsaid
        }
    }
}
