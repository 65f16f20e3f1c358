internal import Redis

/// Lets a view that was built in a database of its own take the place of another one, in one step for all who read.
package enum ViewSwap {
    /// Nothing can be posted to a view that is held; it is let go by itself after `time`.
    package static func hold(
        _ link: some RedisLink,
        _ keys: KeySpace,
        for time: Duration
    ) async throws(LedgerError) {
        let milliseconds = String(Int(time / .milliseconds(1)))
        var pipeline = RedisPipeline()
        for shard in 0..<keys.shards {
            pipeline.append(RedisCommand("SET", keys.view(shard: shard), ViewStamp.held, "PX", milliseconds))
        }
        for reply in try await link.replies(to: pipeline) {
            if case .error(let error) = reply { throw .refused(error) }
        }
    }

    /// Swaps two databases and empties the one behind, if the view in place still is held.
    /// - Parameters:
    ///   - connection: to the database that the new view was built in.
    ///   - place: the number of the database that is read.
    ///   - held: the keys of the view there.
    ///   - keys: those of the new view.
    /// - Returns: false when the hold was over: nothing has happened.
    package static func swap(
        _ connection: some PostingLink,
        database: Int,
        with place: Int,
        held: KeySpace,
        keys: KeySpace
    ) async throws(LedgerError) -> Bool {
        let name = held.view(shard: 0)
        let read = try await connection.replies(
            to: RedisCommand("SELECT", String(place)),
            RedisCommand("WATCH", name),
            RedisCommand("GET", name),
            RedisCommand("SELECT", String(database))
        )
        guard read[2] == .bytes(Array(ViewStamp.held.utf8)) else {
            _ = try await connection.replies(to: RedisCommand("UNWATCH"))
            return false
        }
        var swap = RedisPipeline(
            RedisCommand("MULTI"),
            RedisCommand("DEL", keys.rebuild),
            RedisCommand("SWAPDB", String(place), String(database)),
            RedisCommand("FLUSHDB", "ASYNC")
        )
        for shard in 0..<max(held.shards, keys.shards) {
            if let publish = Announcement.everything.command(shard: shard, keys: shard < keys.shards ? keys : held) {
                swap.append(publish)
            }
        }
        swap.append(RedisCommand("EXEC"))
        return try Posting.outcome(of: try await connection.replies(to: swap)) == .applied
    }
}
