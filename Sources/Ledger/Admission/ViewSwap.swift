internal import Redis

/// Replaces a view by another one that was built in a second database. For readers this is one step.
package enum ViewSwap {
    /// Holds a view: nothing can be posted to it until the hold ends, after `time`. A broken view stays marked, and
    /// nothing can be posted to it either.
    package static func hold(
        _ link: some PostingLink,
        _ keys: KeySpace,
        for time: Duration
    ) async throws(LedgerError) {
        let milliseconds = String(Int(time / .milliseconds(1)))
        while true {
            var watch = RedisCommand("WATCH")
            for shard in 0..<keys.shards { watch.append(keys.view(shard: shard)) }
            let states = try await link.replies(to: watch, watch.renamed("MGET"))[1].elements("MGET").map(state)
            var hold = RedisPipeline(RedisCommand("MULTI"))
            for (shard, state) in states.enumerated() {
                // The mark of a broken view must last if the swap is given up.
                if case .broken = state { continue }
                let view = keys.view(shard: shard)
                hold.append(RedisCommand("SET", view, ViewState.heldText, "PX", milliseconds))
            }
            hold.append(RedisCommand("EXEC"))
            if try Posting.outcome(of: try await link.replies(to: hold)) == .applied { return }
        }
    }

    private static func state(_ value: RedisValue) throws(LedgerError) -> ViewState {
        try value.optionalBytes("view").map { ViewState(String(decoding: $0, as: UTF8.self)) } ?? .none
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
        switch try state(read[2]) {
        case .held, .broken: break
        case .none, .stamped:
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
