internal import Ledger
internal import SalesRules

/// Runs the backfills of shared targets, one step at a time between live postings.
struct BackfillQueue {
    private let stepSize: Int
    private var current: Backfill?
    private var waiting: [(TenantScoped, BackfillJob)] = []
    private var mustLookForJobs = true
    private var postingsSinceStep = 0

    /// How many live postings there are between two steps.
    private static let postingsPerStep = 8

    /// - Parameter stepSize: the most orders that one step derives again.
    init(stepSize: Int) { self.stepSize = stepSize }

    var isEmpty: Bool { current == nil && waiting.isEmpty && !mustLookForJobs }

    /// Whether a step should run before the next live posting.
    var isDue: Bool { !isEmpty && postingsSinceStep >= Self.postingsPerStep }

    mutating func lookForJobs() { mustLookForJobs = true }

    mutating func countPosting() { postingsSinceStep += 1 }

    /// Continues the current backfill, starts the next one, or looks for jobs.
    mutating func step(
        on link: some PostingLink,
        settings: LedgerSettings,
        catalogs: Catalogs
    ) async throws(LedgerError) {
        postingsSinceStep = 0
        if current == nil, let (key, job) = waiting.popLast() {
            current = Backfill(of: key, job: job, settings: settings, stepSize: stepSize)
        }
        if current != nil {
            switch try await current!.step(on: link, catalogs: catalogs) {
            case .inProgress: break
            case .done: current = nil
            case .lost: self = BackfillQueue(stepSize: stepSize)
            }
            return
        }
        waiting = Array(try await Backfill.jobs(in: link, keys: settings.keys)).map { ($0.key, $0.value) }
        mustLookForJobs = false
    }
}
