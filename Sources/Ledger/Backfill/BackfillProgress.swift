internal import Redis

/// Says in each shard which backfill is at work there and how many transactions it has made. A backfill that finds
/// something else than it wrote has lost a part of its work, or another lane does the work too: it begins again.
struct BackfillProgress: Hashable, CustomStringConvertible {
    /// A random number of this run of the backfill.
    private let token: UInt64
    private var steps = 0

    /// A new run.
    init() { token = .random(in: 1...(.max)) }

    /// After one more transaction.
    var next: BackfillProgress {
        var next = self
        next.steps += 1
        return next
    }

    /// `<token> <transactions>`
    var description: String { "\(token) \(steps)" }

    /// Whether a shard has just this progress.
    func matches(_ stored: RedisValue) throws(LedgerError) -> Bool {
        try stored.optionalBytes("the progress of a backfill") == Array(description.utf8)
    }
}
