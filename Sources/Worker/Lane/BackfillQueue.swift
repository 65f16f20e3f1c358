internal import Ledger
internal import Redis
internal import SalesRules

/// The passes that count earlier orders into new targets, one step at a time between the live postings.
struct CountingQueue {
    private var pass: CountingPass?
    private var waiting: [(TenantScoped, CountingJob)] = []
    private var looksForJobs = true
    private var postingsSinceStep = 0

    /// Live postings between two steps while there is traffic.
    private static let postingsPerStep = 8

    var isEmpty: Bool { pass == nil && waiting.isEmpty && !looksForJobs }

    /// Whether live traffic should make room for a step.
    var isDue: Bool { !isEmpty && postingsSinceStep >= Self.postingsPerStep }

    mutating func lookForJobs() { looksForJobs = true }

    mutating func noteApplied() { postingsSinceStep += 1 }

    /// Goes on with the pass under way, or looks for the next one.
    mutating func step(
        on connection: some PostingLink,
        settings: LedgerSettings,
        catalogs: Catalogs
    ) async throws(LedgerError) {
        postingsSinceStep = 0
        if pass == nil, let (key, job) = waiting.popLast() {
            pass = CountingPass(of: key, job: job, settings: settings)
        }
        if pass != nil {
            if try await pass!.step(on: connection, catalogs: catalogs) { pass = nil }
            return
        }
        // Another worker may have applied the target: look again now and then, also when nothing told of it.
        waiting = Array(try await CountingPass.jobs(in: connection, keys: settings.keys))
            .map { ($0.key, $0.value) }
        looksForJobs = false
    }
}
