internal import Ledger
internal import Redis

extension CatalogUnit {
    /// Applies the unit by one transaction.
    /// - Parameter view: that which the unit was read for.
    nonisolated(nonsending) func apply(
        over connection: any PostingLink,
        to view: ViewStamp?,
        settings: LedgerSettings
    ) async throws(LedgerError) -> Posting.Outcome {
        let partitions = stretches.map(\.partition)
        let batch = CatalogBatch(changes, partitions: partitions, settings: settings)
        let snapshot = try batch.snapshot(from: try await connection.replies(to: batch.reads()))
        if snapshot.view == nil || snapshot.view != view { throw .otherView }
        var cursors: [LogPartition: Cursor] = [:]
        for (stretch, cursor) in zip(stretches, snapshot.cursors) {
            let next = cursor?.next ?? 0
            if next < stretch.from { throw LedgerError.behindLog }
            if next < stretch.cursor.next { cursors[stretch.partition] = stretch.cursor }
        }
        return try Posting.outcome(
            of: try await connection.replies(to: batch.transaction(on: snapshot, cursors: cursors))
        )
    }
}
