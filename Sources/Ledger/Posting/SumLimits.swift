/// When a posting reads the sums of days before it changes them, so that none passes the limit of 64 bits. Inside MULTI an
/// increment that overflows would fail alone and leave the rest done.
///
/// Few postings have to: those that change a sum by ``largeChange`` or more, and all in a shard that is marked because a
/// sum has passed ``high``. The replies to a posting that read nothing show that too, and then the next one of the lane
/// marks the shard. Until then there is room for thousands of postings.
package struct SumLimits: Hashable, Sendable {
    /// The most that a sum may be, either way, in minor units.
    package let greatest: Int64
    /// A sum above this, either way, marks its shard.
    package let high: Int64
    /// A posting that changes a sum by this much or more reads it.
    package let largeChange: Int64

    func isHigh(_ sum: Int64) -> Bool { sum.magnitude > high.magnitude }

    /// The limits of 64 bits. Tests use lower ones.
    package init(greatest: Int64 = .max, high: Int64 = 1 << 62, largeChange: Int64 = 1 << 50) {
        self.greatest = greatest
        self.high = high
        self.largeChange = largeChange
    }
}
