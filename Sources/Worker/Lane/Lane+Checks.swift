internal import Concurrency
internal import Events
internal import Ledger
internal import Log

// What a lane checks from time to time, because no reply to its postings shows it.
extension Lane {
    /// How often an idle lane checks whether Redis still holds the same view and targets.
    static let refreshInterval = Duration.seconds(1)
    /// How often a lane checks whether Redis may still hold the ledger, also under load.
    static let fitnessInterval = Duration.seconds(10)
    /// How often the logs are compared with what was read of them, also without a sign of a change.
    static let logCheckInterval = Duration.seconds(60)

    /// Compares the logs from time to time: a topic that was created again may give no error.
    func checkLogsIfDue() {
        let now = dependencies.now()
        guard now >= nextLogCheck else { return }
        nextLogCheck = now + Self.logCheckInterval
        consumer.checkLogs()
    }

    /// Reports stopped partitions, and checks what the lane cannot see in replies: whether Redis was emptied, has gone
    /// back to older data or may evict keys, and whether another worker has changed targets.
    func checkRedis(over link: any PostingLink) async throws {
        try await reportStopped(over: link)
        let now = dependencies.now()
        guard now >= min(nextRefresh, nextFitnessCheck) else { return }
        nextRefresh = now + Self.refreshInterval
        try await refreshCatalogs(from: link)
        try await checkCursors(over: link)
        // A Redis that has gone back may have a backfill again that was done.
        if backfills.isEmpty { backfills.lookForJobs() }
        failures = 0
        guard now >= nextFitnessCheck else { return }
        nextFitnessCheck = now + Self.fitnessInterval
        // A lane that had a partition before may have posted once more, and left a record to write.
        owing = Set(positions.keys)
        try await Admission.checkFitness(link, for: catalogs.view, settings.ledger.keys)
    }

    /// Checks that Redis still has everything that this lane has applied.
    /// - Throws: ``LedgerError/cursorBehind``.
    func checkCursors(over link: any PostingLink) async throws(LedgerError) {
        let cursors = try await Cursors.lowest(
            of: Array(applied.keys),
            over: link,
            keys: settings.ledger.keys,
            catalogTopics: settings.topics.catalog
        )
        for (partition, next) in applied where cursors[partition]?.next ?? 0 < next { throw .cursorBehind }
    }
}
