package import Log
internal import Redis

/// The state of a ledger, without its numbers.
package struct LedgerHealth: Sendable {
    /// Partitions that a worker has stopped.
    package let stopped: [StoppedPartition]
    /// How far each partition is applied. A partition is absent until every shard has applied a part of it.
    package let cursors: [TopicPartition: Cursor]
    /// Why Redis refuses postings at the moment, one sentence for each reason.
    package let refusals: [String]

    /// The state of a ledger.
    package init(stopped: [StoppedPartition], cursors: [TopicPartition: Cursor], refusals: [String] = []) {
        self.refusals = refusals
        self.stopped = stopped
        self.cursors = cursors
    }
}

extension LedgerReader {
    /// Checks whether this Redis may hold the numbers, and reads how far the log is applied.
    /// - Parameters:
    ///   - partitions: the partitions whose cursors are read.
    ///   - catalogTopics: the topics of targets and people, whose cursors only shard 0 has.
    /// - Throws: why this Redis may not hold the numbers, or why it does not answer.
    package func health(
        of partitions: [TopicPartition],
        catalogTopics: Set<String>
    ) async throws(LedgerError) -> LedgerHealth {
        let info = try await Admission.checkFitness(link)
        let stored = try await link.replies(
            to: RedisCommand("MGET", keys.settings(shard: 0), keys.view(shard: 0))
        )[0].elements("MGET")
        guard stored.count == 2 else { throw .unexpectedReply("MGET") }
        try settings.check(stored: try stored[0].optionalBytes("settings"))
        let stamp = try stored[1].view()
        if let stamp, let reason = BrokenView.evictions(info, under: .stamped(stamp), isEmpty: false) {
            throw .broken(reason)
        }
        return LedgerHealth(
            stopped: try await StoppedPartitions.all(over: link, keys: keys),
            cursors: try await Cursors.lowest(of: partitions, over: link, keys: keys, catalogTopics: catalogTopics),
            refusals: info.refusals
        )
    }
}
