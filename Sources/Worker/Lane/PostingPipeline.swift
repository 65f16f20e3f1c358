internal import Kafka
internal import Ledger
internal import Redis
internal import SalesRules

/// Applies units one after the other over one connection: the transaction of one unit and the reads of the next go out
/// in one write, and what comes next is decoded while Redis works.
struct Pipeline {
    private let connection: any PostingLink
    private let settings: LedgerSettings
    private var waiting: [WorkUnit] = []
    private var reading: WorkUnit?
    private var applying: WorkUnit?
    private var pending: PendingReplies?

    init(connection: any PostingLink, settings: LedgerSettings) {
        self.connection = connection
        self.settings = settings
    }

    /// Whether nothing is under way or waiting.
    var isIdle: Bool { pending == nil && waiting.isEmpty }

    /// What a turn came to.
    enum Turn {
        /// Nothing was finished yet.
        case underWay
        case applied(WorkUnit)
        /// Another worker was quicker: what was under way has to be read again.
        case lostRace
        /// The catalog has to be refreshed before the next turn.
        case needsCatalog
    }

    mutating func append(_ units: [WorkUnit]) { waiting.append(contentsOf: units) }

    /// Waits for what is under way and goes one step on.
    /// - Parameter putAside: gets what has to be in the dead letters before a unit is applied.
    nonisolated(nonsending) mutating func turn(
        catalogs: Catalogs,
        putAside: ([RefusedRecord]) throws -> Void
    ) async throws -> Turn {
        guard let pending else {
            startReading(after: RedisPipeline())
            return .underWay
        }
        let all = try await waited(pending)
        self.pending = nil
        var replies = all[...]
        var finished: Turn = .underWay
        if let unit = applying {
            applying = nil
            let readCount = reading == nil ? 0 : OrderReads.replyCount
            let outcome = try Posting.outcome(of: replies.dropLast(readCount))
            replies = replies.suffix(readCount)
            if outcome == .lostRace {
                putBack(unit)
                return .lostRace
            }
            finished = .applied(unit)
        }
        guard let unit = reading else { return finished }
        reading = nil
        let snapshot = try unit.reads(settings).snapshot(from: replies)
        switch try unit.prepare(snapshot, catalogs: catalogs, settings: settings) {
        case .post(let posting, let refused):
            try putAside(refused)
            unit.deadLetters = []
            applying = unit
            startReading(after: posting.transaction())
        case .refreshCatalog:
            putBack(unit)
            // What was finished before is told first; the same reads then say again that the catalog moved.
            if case .applied = finished { return finished }
            return .needsCatalog
        }
        return finished
    }

    /// The unit that lost goes first again, and the one whose reads came after it behind it: what it read is of no use
    /// any more.
    private mutating func putBack(_ unit: WorkUnit) {
        if let next = reading { waiting.insert(next, at: 0) }
        reading = nil
        waiting.insert(unit, at: 0)
    }

    private mutating func startReading(after transaction: RedisPipeline) {
        var pipeline = transaction
        reading = waiting.isEmpty ? nil : waiting.removeFirst()
        reading?.reads(settings).append(to: &pipeline)
        if !pipeline.isEmpty { pending = connection.submit(pipeline) }
    }

    private nonisolated(nonsending) func waited(_ pending: PendingReplies) async throws(LedgerError) -> [RedisValue] {
        do throws(RedisError) {
            return try await pending.value()
        } catch {
            throw .redis(error)
        }
    }
}
