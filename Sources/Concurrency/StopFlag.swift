internal import Synchronization

/// Asks work on other threads to finish what it has begun and to stop.
package final class StopFlag: Sendable {
    private let flag = Atomic<Bool>(false)
    private let parent: StopFlag?

    /// - Parameter parent: when it is set, this flag is set too.
    package init(after parent: StopFlag? = nil) { self.parent = parent }

    /// Whether to stop.
    package var isSet: Bool { flag.load(ordering: .relaxed) || parent?.isSet == true }

    /// Asks to stop.
    package func set() { flag.store(true, ordering: .relaxed) }

    /// Waits for this long, but returns early when the flag is set: it is checked every 50 ms.
    /// - Parameter sleep: waits for one step.
    package nonisolated(nonsending) func wait(_ pause: Duration, _ sleep: (Duration) async -> Void) async {
        var left = pause
        while left > .zero, !isSet {
            let step = min(left, .milliseconds(50))
            await sleep(step)
            left -= step
        }
    }
}
