internal import Foundation

/// SplitMix64: the same seed gives the same numbers everywhere.
package struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// True with a probability of `permille` in 1,000.
    package mutating func chance(_ permille: Int) -> Bool {
        Int.random(in: 0..<1_000, using: &self) < permille
    }

    package mutating func pick<Items: RandomAccessCollection>(_ items: Items) -> Items.Element {
        items[items.index(items.startIndex, offsetBy: Int.random(in: 0..<items.count, using: &self))]
    }

    /// One of the values, with a probability in proportion to its weight.
    package mutating func weighted<Value>(_ choices: [(weight: Int, value: Value)]) -> Value {
        var left = Int.random(in: 0..<choices.reduce(0) { $0 + $1.weight }, using: &self)
        for choice in choices {
            if left < choice.weight { return choice.value }
            left -= choice.weight
        }
        return choices[choices.count - 1].value
    }
}

/// The seed of this test run: `SALESTARGETS_SEED`, or a random one.
package let seedOfThisRun: UInt64 =
    ProcessInfo.processInfo.environment["SALESTARGETS_SEED"].flatMap { UInt64($0) } ?? .random(in: 0...999_999_999)
