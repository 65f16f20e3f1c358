internal import Redis

/// Marks a view whose numbers are wrong, so that no program shows them or posts to them until `rebuild` has replaced it.
package enum BrokenView {
    /// Marks the view.
    /// - Parameter reason: what made the numbers wrong.
    static func mark(_ reason: String, over link: some RedisLink, _ keys: KeySpace) async throws(LedgerError) {
        var pipeline = RedisPipeline(RedisCommand("UNWATCH"), RedisCommand("MULTI"))
        for shard in 0..<keys.shards {
            pipeline.append(RedisCommand("SET", keys.view(shard: shard), ViewState.brokenText(reason)))
        }
        pipeline.append(RedisCommand("EXEC"))
        _ = try Posting.outcome(of: try await link.replies(to: pipeline).dropFirst())
    }

    /// Marks the view after ``LedgerError/partialPosting(_:)``. The cursor has moved, so without the mark others go on.
    package static func markPartialPosting(
        _ reason: String,
        over link: some RedisLink,
        _ keys: KeySpace
    ) async throws(LedgerError) {
        try await mark("a posting was applied only in part (\(reason))", over: link, keys)
    }

    /// Why the numbers are incomplete; nil if Redis has evicted no keys since they were made.
    /// - Parameters:
    ///   - state: what the key of the view holds.
    ///   - isEmpty: whether Redis has no numbers yet, so that earlier evictions do not matter.
    static func evictions(_ info: RedisInfo, under state: ViewState, isEmpty: Bool) -> String? {
        var before = 0
        switch state {
        // A server that was restarted counts from zero.
        case .stamped(let stamp): before = stamp.runId == info.runId ? stamp.evictedKeys : 0
        // The stamp may be among the keys that were evicted.
        case .none: if isEmpty { return nil }
        case .held, .broken: return nil
        }
        // These policies evict only keys that expire, and none of the ledger's does.
        if info.evictedKeys <= before || info.evictionPolicy.hasPrefix("volatile-") { return nil }
        return
            "Redis has evicted \(info.evictedKeys - before) keys since its numbers were made: maxmemory-policy was not "
            + "noeviction"
    }
}
