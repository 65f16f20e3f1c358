internal import Synchronization

/// Tells lanes, which are busy on threads of their own, to finish what they have begun and stop.
final class StopFlag: Sendable {
    private let flag = Atomic<Bool>(false)
    private let parent: StopFlag?

    /// - Parameter parent: when it is set, this one is too.
    init(after parent: StopFlag? = nil) { self.parent = parent }

    var isSet: Bool { flag.load(ordering: .relaxed) || parent?.isSet == true }

    func set() { flag.store(true, ordering: .relaxed) }
}

/// Waits that grow with every failure, with full jitter: 50 ms to 2 s.
struct Backoff {
    private var failures = 0

    mutating func reset() { failures = 0 }

    /// Waits, in short steps so that a stop is not kept waiting.
    mutating func wait(unless stop: StopFlag) async {
        failures = min(failures + 1, 6)
        var left = Duration.milliseconds(Int64.random(in: 25...min(2_000, 50 << failures)))
        while left > .zero, !stop.isSet {
            let step = min(left, .milliseconds(50))
            try? await Task.sleep(for: step)
            left -= step
        }
    }
}
