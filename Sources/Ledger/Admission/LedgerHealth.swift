package import Log
internal import Redis

/// How a ledger is, beside its numbers.
package struct LedgerHealth: Sendable {
    /// Partitions that a worker has stopped.
    package let stopped: [StoppedPartition]
    /// Up to where each partition is applied; those of which nothing was ever applied are absent.
    package let cursors: [TopicPartition: Cursor]

    /// How a ledger was found.
    package init(stopped: [StoppedPartition], cursors: [TopicPartition: Cursor]) {
        self.stopped = stopped
        self.cursors = cursors
    }
}

extension LedgerReader {
    /// Looks whether this Redis is fit to hold the numbers, and up to where they are applied.
    /// - Parameters:
    ///   - partitions: those whose cursors are wanted.
    ///   - catalogTopics: those of targets and people, which only shard 0 keeps.
    /// - Throws: what makes it unfit, or why it cannot be asked.
    package func health(
        of partitions: [TopicPartition],
        catalogTopics: Set<String>
    ) async throws(LedgerError) -> LedgerHealth {
        try await Admission.checkFitness(link)
        let kept = try await link.replies(to: RedisCommand("GET", keys.settings(shard: 0)))[0]
        try settings.check(kept: try kept.optionalBytes("settings"))
        return LedgerHealth(
            stopped: try await StoppedPartitions.all(over: link, keys: keys),
            cursors: try await Cursors.lowest(of: partitions, over: link, keys: keys, catalogTopics: catalogTopics)
        )
    }
}
