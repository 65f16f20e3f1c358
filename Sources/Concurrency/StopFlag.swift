internal import Synchronization

/// Tells lanes, which are busy on threads of their own, to finish what they have begun and stop.
package final class StopFlag: Sendable {
    private let flag = Atomic<Bool>(false)
    private let parent: StopFlag?

    /// - Parameter parent: when it is set, this one is too.
    package init(after parent: StopFlag? = nil) { self.parent = parent }

    var isSet: Bool { flag.load(ordering: .relaxed) || parent?.isSet == true }

    /// Tells them.
    package func set() { flag.store(true, ordering: .relaxed) }
}

/// Waits that grow with every failure, with full jitter: 50 ms to 2 s.
struct Backoff {
    private var failures = 0

    mutating func reset() { failures = 0 }

    /// The next wait.
    mutating func next(_ random: (ClosedRange<Int64>) -> Int64) -> Duration {
        failures = min(failures + 1, 6)
        return .milliseconds(random(25...min(2_000, 50 << failures)))
    }
}

extension StopFlag {
    /// Waits in short steps, so that a stop is not kept waiting.
    nonisolated(nonsending) func wait(_ pause: Duration, _ sleep: (Duration) async -> Void) async {
        var left = pause
        while left > .zero, !isSet {
            let step = min(left, .milliseconds(50))
            await sleep(step)
            left -= step
        }
    }
}
