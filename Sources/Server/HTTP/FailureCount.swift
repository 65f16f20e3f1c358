internal import Synchronization

/// Limits the log to one message a second while many requests fail for the same reason, such as Redis not answering.
final class FailureCount: Sendable {
    private let state = Mutex<(lastLogged: ContinuousClock.Instant?, skipped: Int)>((nil, 0))

    /// Counts a failure.
    /// - Returns: how many failures were not logged since the last one that was; nil when this one must not be logged.
    func count(at now: ContinuousClock.Instant) -> Int? {
        state.withLock { state in
            if let lastLogged = state.lastLogged, lastLogged.duration(to: now) < .seconds(1) {
                state.skipped += 1
                return nil
            }
            defer { state = (now, 0) }
            return state.skipped
        }
    }
}
