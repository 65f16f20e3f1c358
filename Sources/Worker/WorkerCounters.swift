package import Synchronization

/// What a worker has done since it started, for its log.
package final class WorkerCounters: Sendable {
    /// Records of the log that were applied, or written to the dead-letter topic. A record that was read again counts once.
    package let records = Atomic<Int>(0)
    /// Applied batches: one for the orders of a read, and one for its targets and people.
    package let postings = Atomic<Int>(0)
    /// Transactions that were repeated because another client had changed a watched key.
    package let lostRaces = Atomic<Int>(0)
    /// Records written to the dead-letter topic.
    package let deadLetters = Atomic<Int>(0)
    /// States that were written once more behind a record that does not give them.
    package let restatements = Atomic<Int>(0)
    /// How often cursors in Redis were found lower than before.
    package let rewinds = Atomic<Int>(0)
    /// How often a lane tried to connect to Redis again.
    package let reconnects = Atomic<Int>(0)

    /// All counters at zero.
    package init() {}

    /// One line for people.
    package var description: String {
        func read(_ counter: borrowing Atomic<Int>) -> Int { counter.load(ordering: .relaxed) }
        return "\(read(records)) records, \(read(postings)) postings, \(read(lostRaces)) lost races, "
            + "\(read(deadLetters)) dead letters, \(read(restatements)) restatements, \(read(rewinds)) rewinds, \(read(reconnects)) reconnects"
    }
}
