internal import Redis

/// Replaces a view by another one that was built in a second database. For readers this is one step.
package enum ViewSwap {
    /// Holds a view: nothing can be posted to it until the hold ends, after `time`.
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

    /// Swaps two databases and deletes the old view, if the old view is still held.
    /// - Parameters:
    ///   - connection: a connection to the database with the new view.
    ///   - database: the number of the database with the new view.
    ///   - oldDatabase: the number of the database with the old view, which servers read.
    ///   - held: the keys of the old view.
    ///   - keys: the keys of the new view.
    /// - Returns: false when the hold has ended; nothing is changed then.
    package static func swap(
        _ connection: some PostingLink,
        database: Int,
        with oldDatabase: Int,
        held: KeySpace,
        keys: KeySpace
    ) async throws(LedgerError) -> Bool {
        let name = held.view(shard: 0)
        let read = try await connection.replies(
            to: RedisCommand("SELECT", String(oldDatabase)),
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
            RedisCommand("SWAPDB", String(oldDatabase), String(database)),
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
