import Concurrency
import Testing

/// A random generator that is determined by its seed (SplitMix64).
private struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

@Suite("Waiting times between attempts")
struct BackoffTests {
    @Test("The bound doubles from 50 ms to 2 s and stays there")
    func bounds() {
        let backoff = Backoff()
        let bounds = (0...7).map { backoff.bound(attempt: $0) }
        #expect(bounds == [50, 100, 200, 400, 800, 1_600, 2_000, 2_000].map { .milliseconds($0) })
        #expect(backoff.bound(attempt: .max) == .seconds(2))
    }

    @Test("Waits are spread over the whole range below the bound", arguments: [0, 3, 9])
    func jitter(attempt: Int) {
        let backoff = Backoff()
        let bound = backoff.bound(attempt: attempt)
        var generator = SeededGenerator(state: 1)
        let delays = (0..<1_000).map { _ in backoff.delay(attempt: attempt) { .random(in: $0, using: &generator) } }
        #expect(delays.allSatisfy { .zero <= $0 && $0 <= bound })
        #expect(delays.min()! < bound * 0.05)
        #expect(delays.max()! > bound * 0.95)
    }
}
