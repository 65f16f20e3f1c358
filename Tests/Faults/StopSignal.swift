import Synchronization

/// A flag that one task sets to end other tasks.
final class StopSignal: Sendable {
    private let state = Mutex(false)

    var isSet: Bool { state.withLock { $0 } }

    func set() { state.withLock { $0 = true } }

    /// Waits until it is set, or until the time has passed.
    func wait(atMost time: Duration) async throws {
        let end = ContinuousClock.now + time
        while !isSet, .now < end { try await Task.sleep(for: min(.milliseconds(20), end - .now)) }
    }
}
