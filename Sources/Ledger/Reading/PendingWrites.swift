package import Log
internal import Redis

/// Records that were written to the log and are not applied yet.
package struct PendingWrites: Sendable {
    private let keys: KeySpace
    /// The offset that each cursor has to pass.
    private var offsets: [Place: Int64] = [:]

    private struct Place: Hashable {
        let partition: TopicPartition
        let shard: Int
    }

    /// Without records.
    package init(keys: KeySpace) { self.keys = keys }

    /// Adds a record.
    /// - Parameter shard: the shard of its order; 0 for a record of a target or a person.
    package mutating func add(_ partition: TopicPartition, offset: Int64, shard: Int) {
        let place = Place(partition: partition, shard: shard)
        offsets[place] = max(offset, offsets[place] ?? offset)
    }

    /// Reads how far the log is applied, and removes the records that are applied.
    /// - Returns: whether all are applied.
    package mutating func areApplied(over link: some RedisLink) async throws(LedgerError) -> Bool {
        let places = Array(offsets.keys)
        var reads = RedisPipeline()
        for place in places { reads.append(RedisCommand("GET", keys.cursor(place.partition, shard: place.shard))) }
        let replies = try await link.replies(to: reads)
        for (place, reply) in zip(places, replies) {
            let next = try reply.cursor(of: place.partition)?.next ?? 0
            if let offset = offsets[place], next > offset { offsets[place] = nil }
        }
        return offsets.isEmpty
    }
}
