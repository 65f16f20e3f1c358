package import Log
internal import Redis

/// Reads how far the log is applied.
package enum Cursors {
    /// The lowest cursor of each partition over its shards. Reading continues there; a shard skips the records that it
    /// has already applied. A partition is absent until every shard has applied a part of it.
    /// - Parameter catalogTopics: the topics of targets and people, whose cursors only shard 0 has.
    package static func lowest(
        of partitions: [TopicPartition],
        over link: some RedisLink,
        keys: KeySpace,
        catalogTopics: Set<String>
    ) async throws(LedgerError) -> [TopicPartition: Cursor] {
        let cursors = try await all(of: partitions, over: link, keys: keys, catalogTopics: catalogTopics)
        return cursors.compactMapValues { ofShards in
            // A shard without a cursor is at the beginning.
            ofShards.contains(nil) ? nil : ofShards.compactMap(\.self).min { $0.next < $1.next }
        }
    }

    /// Where a lane starts to read each partition: at the lowest cursor, or at offset 0. It compares the log with the
    /// cursors of all shards, because a shard that has applied more skips records by their offsets.
    package static func starts(
        of partitions: [TopicPartition],
        over link: some RedisLink,
        keys: KeySpace,
        catalogTopics: Set<String>
    ) async throws(LedgerError) -> [TopicPartition: StartPosition] {
        try await all(of: partitions, over: link, keys: keys, catalogTopics: catalogTopics).mapValues { ofShards in
            let cursors = Set(ofShards.compactMap(\.self)).sorted { $0.next < $1.next }
            // Offset 0 where nothing was applied, not the beginning: a log without its first records has lost events.
            guard let lowest = cursors.first, !ofShards.contains(nil) else { return .offset(0, ahead: cursors) }
            return .after(lowest, ahead: cursors.filter { $0.next > lowest.next })
        }
    }

    /// The cursors of each partition, one for each of its shards.
    private static func all(
        of partitions: [TopicPartition],
        over link: some RedisLink,
        keys: KeySpace,
        catalogTopics: Set<String>
    ) async throws(LedgerError) -> [TopicPartition: [Cursor?]] {
        if partitions.isEmpty { return [:] }
        let shards = partitions.map { catalogTopics.contains($0.topic) ? 1 : keys.shards }
        var command = RedisCommand("MGET")
        for (partition, count) in zip(partitions, shards) {
            for shard in 0..<count { command.append(keys.cursor(partition, shard: shard)) }
        }
        var values = try (try await link.replies(to: command)[0]).elements("MGET")[...]
        guard values.count == shards.reduce(0, +) else { throw .unexpectedReply("MGET") }
        var cursors: [TopicPartition: [Cursor?]] = [:]
        for (partition, count) in zip(partitions, shards) {
            var ofShards: [Cursor?] = []
            for value in values.prefix(count) { ofShards.append(try value.cursor(of: partition)) }
            values.removeFirst(count)
            cursors[partition] = ofShards
        }
        return cursors
    }
}
