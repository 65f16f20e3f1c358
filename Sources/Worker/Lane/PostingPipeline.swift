internal import Ledger
internal import Log
internal import Redis
internal import SalesRules

/// Applies order batches one after the other. The transaction of one batch and the reads of the next one are sent
/// together, and the next records are decoded while Redis works.
struct PostingPipeline {
    private let links: any PostingLinks
    private let settings: LedgerSettings
    private var waiting: [QueuedBatch] = []
    /// The batch whose reads are sent, and these reads.
    private var reading: (batch: QueuedBatch, reads: OrderReads)?
    /// The batch whose transaction is sent.
    private var applying: QueuedBatch?
    /// The replies to both.
    private var pending: PendingReplies?
    /// Whether a sum was seen that is near the limit (``SumLimits``).
    private var checksSums = false

    init(links: any PostingLinks, settings: LedgerSettings) {
        self.links = links
        self.settings = settings
    }

    /// Whether nothing is in progress or waiting.
    var isIdle: Bool { pending == nil && waiting.isEmpty }

    /// Whether more batches may be appended: at most those of one read wait.
    var isReadyForMore: Bool { waiting.isEmpty }

    /// The result of one step.
    enum Step {
        /// No batch was finished.
        case inProgress
        case applied(QueuedBatch)
        /// Another client changed what the batch had read: the batch is read again.
        case lostRace
        /// The catalog must be refreshed before the next step.
        case needsCatalog
    }

    mutating func append(_ batches: [QueuedBatch]) { waiting.append(contentsOf: batches) }

    /// Waits for the replies, and sends the next transaction and reads.
    /// - Parameter writeDeadLetters: writes the dead letters of a batch, before its transaction is sent.
    nonisolated(nonsending) mutating func step(
        catalogs: Catalogs,
        writeDeadLetters: ([RefusedRecord]) throws -> Void
    ) async throws -> Step {
        guard let pending else {
            send(RedisPipeline(), over: nil)
            return .inProgress
        }
        var replies = try await replies(to: pending)
        self.pending = nil
        var finished: Step = .inProgress
        if let batch = applying {
            applying = nil
            let readCount = reading?.reads.replyCount ?? 0
            let posted = replies.dropLast(readCount)
            let outcome = try Posting.outcome(of: posted)
            replies = replies.suffix(readCount)
            if outcome == .lostRace {
                putBack(batch)
                return .lostRace
            }
            if Posting.showsHighSum(posted, settings.sums) { checksSums = true }
            finished = .applied(batch)
        }
        guard let (next, reads) = reading else { return finished }
        var batch = next
        reading = nil
        let snapshot = try reads.snapshot(from: replies)
        let derivation = try batch.orders.derive(
            from: snapshot,
            catalogs: catalogs,
            settings: settings,
            checksSums: checksSums
        )
        switch derivation {
        case .post(let posting, let faults):
            try writeDeadLetters(batch.deadLetters(snapshot, faults: faults))
            batch.deadLetters = []
            batch.owesRecords = posting.owesRecords
            applying = batch
            send(posting.transaction(), over: links.link(of: batch.orders.shard))
        case .readSums: putBack(batch)
        case .refreshCatalog:
            putBack(batch)
            // The finished batch is reported first; the next step reads again and finds that the catalog changed.
            if case .applied = finished { return finished }
            return .needsCatalog
        }
        return finished
    }

    /// Puts a batch at the front of the queue again, and after it the batch whose reads were sent, without their
    /// replies.
    private mutating func putBack(_ batch: QueuedBatch) {
        if let next = reading?.batch { waiting.insert(next, at: 0) }
        reading = nil
        waiting.insert(batch, at: 0)
    }

    /// Sends a transaction, together with the reads of the next batch if its shard has the same connection.
    private mutating func send(_ transaction: RedisPipeline, over link: (any PostingLink)?) {
        var pipeline = transaction
        guard let link = link ?? waiting.first.map({ links.link(of: $0.orders.shard) }) else { return }
        if let next = waiting.first, links.link(of: next.orders.shard) === link {
            let reads = next.orders.reads(settings)
            reading = (waiting.removeFirst(), reads)
            reads.append(to: &pipeline)
        }
        if !pipeline.isEmpty { pending = link.submit(pipeline) }
    }

    private nonisolated(nonsending) func replies(to pending: PendingReplies) async throws(LedgerError) -> RedisReplies {
        do throws(RedisError) {
            return try await pending.value()
        } catch {
            throw .redis(error)
        }
    }
}
