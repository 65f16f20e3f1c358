package import Synchronization

/// What a worker has done since it started, for its log and its metrics.
package final class WorkerCounters: Sendable {
    /// Records read from the log, those that could not be applied among them.
    package let records = Atomic<Int>(0)
    /// Transactions applied.
    package let postings = Atomic<Int>(0)
    /// Transactions that another worker's change called off, and that were made anew.
    package let lostRaces = Atomic<Int>(0)
    /// Records put aside.
    package let deadLetters = Atomic<Int>(0)
    /// How often Redis was found at an earlier point of the log than was read from it.
    package let rewinds = Atomic<Int>(0)
    /// How often a connection to Redis had to be made anew.
    package let reconnects = Atomic<Int>(0)

    /// All at zero.
    package init() {}

    /// One line for people.
    package var description: String {
        func read(_ counter: borrowing Atomic<Int>) -> Int { counter.load(ordering: .relaxed) }
        return "\(read(records)) records, \(read(postings)) postings, \(read(lostRaces)) lost races, "
            + "\(read(deadLetters)) dead letters, \(read(rewinds)) rewinds, \(read(reconnects)) reconnects"
    }
}
