internal import Redis

/// Reads how far the log is applied.
package enum Cursors {
    /// Each partition's cursor, of its shards the lowest: reading goes on from there, and what a shard further on has
    /// applied already is left out. Partitions of which nothing was ever applied are absent.
    package static func lowest(
        of partitions: [LogPartition],
        over link: some RedisLink,
        keys: KeySpace
    ) async throws(LedgerError) -> [LogPartition: Cursor] {
        if partitions.isEmpty { return [:] }
        var command = RedisCommand("MGET")
        for partition in partitions {
            for shard in 0..<keys.shards { command.append(keys.cursor(partition, shard: shard)) }
        }
        let values = try (try await link.replies(to: command)[0]).elements("MGET")
        guard values.count == partitions.count * keys.shards else { throw .unexpectedReply("MGET") }
        var cursors: [LogPartition: Cursor] = [:]
        for (index, partition) in partitions.enumerated() {
            var ofShards: [Cursor?] = []
            for value in values[index * keys.shards..<(index + 1) * keys.shards] {
                ofShards.append(try OrderReads.cursor(value, of: partition))
            }
            // A shard that has none stands at the beginning.
            guard !ofShards.contains(nil) else { continue }
            cursors[partition] = ofShards.compactMap(\.self).min { $0.next < $1.next }
        }
        return cursors
    }
}
