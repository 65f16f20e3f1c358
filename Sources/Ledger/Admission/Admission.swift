internal import Redis

/// Admits a worker to a Redis. A server that could lose or change the numbers is refused before anything is written to
/// it. A server that was restarted, emptied or replaced gets a new stamp (``ViewStamp``), together with the settings.
/// A posting applies only under the stamp that its worker was admitted with.
package enum Admission {
    /// How long a rewrite of the append-only file may take.
    private static let rewriteLimit = Duration.seconds(600)

    /// Admits a worker to this Redis, and stamps the view if it has no valid stamp.
    /// - Parameter pause: waits between two checks of a rewrite of the append-only file.
    /// - Returns: the stamp of the view.
    /// - Throws: ``LedgerError/unfit(_:)``, ``LedgerError/replica``, ``LedgerError/notReady(_:)``,
    ///   ``LedgerError/otherSettings(_:)``, ``LedgerError/held``, ``LedgerError/broken(_:)``.
    package static func admit(
        _ link: some PostingLink,
        _ settings: LedgerSettings,
        pause: @Sendable (Duration) async -> Void = { try? await Task.sleep(for: $0) }
    ) async throws(LedgerError) -> ViewStamp {
        while true {
            let info = try await checkFitness(link)
            let runId = info.runId
            guard !runId.isEmpty else { throw .unexpectedReply("INFO") }
            let (views, hasSettings) = try await watch(link, settings)
            for case .broken(let reason) in views { throw .broken(reason) }
            if views.contains(.held) { throw .held }
            if let reason = BrokenView.evictions(info, under: views[0], isEmpty: !hasSettings) {
                try await BrokenView.mark(reason, over: link, settings.keys)
                throw .broken(reason)
            }
            if case .stamped(let stamp) = views[0], stamp.runId == runId, views.allSatisfy({ $0 == views[0] }) {
                _ = try await link.replies(to: RedisCommand("UNWATCH"))
                return stamp
            }
            if info.hasAppendOnlyFile { try await rewriteAppendOnlyFile(link, pause) }
            let stamp = ViewStamp(runId: runId, evictedKeys: info.evictedKeys)
            var admission = RedisPipeline(RedisCommand("MULTI"))
            for shard in 0..<settings.shards {
                admission.append(
                    RedisCommand(
                        "MSET",
                        settings.keys.settings(shard: shard),
                        settings.text,
                        settings.keys.view(shard: shard),
                        stamp.description
                    )
                )
            }
            admission.append(RedisCommand("EXEC"))
            if try Posting.outcome(of: try await link.replies(to: admission)) == .applied { return stamp }
        }
    }

    /// Compares the Kafka cluster with that of the view. A view without a cluster gets this one.
    /// - Throws: ``LedgerError/otherCluster(stored:ours:)``.
    package static func checkCluster(
        _ cluster: String,
        _ link: some RedisLink,
        _ keys: KeySpace
    ) async throws(LedgerError) {
        let replies = try await link.replies(
            to: RedisCommand("SET", keys.cluster, cluster, "NX"),
            RedisCommand("GET", keys.cluster)
        )
        if case .error(let error) = replies[0] { throw .refused(error) }
        guard let bytes = try replies[1].optionalBytes("cluster") else { throw .viewChanged }
        let stored = String(decoding: bytes, as: UTF8.self)
        if stored != cluster { throw .otherCluster(stored: stored, ours: cluster) }
    }

    /// Checks whether the server may still hold a view that it was admitted with.
    /// - Throws: as ``checkFitness(_:)``, and ``LedgerError/broken(_:)`` after the view is marked so.
    package static func checkFitness(
        _ link: some RedisLink,
        for stamp: ViewStamp?,
        _ keys: KeySpace
    ) async throws(LedgerError) {
        let info = try await RedisInfo.read(over: link)
        // Before the policy is refused: after it is corrected, nothing would show what was evicted meanwhile.
        if !info.isLoading, !info.isReplica, let stamp,
            let reason = BrokenView.evictions(info, under: .stamped(stamp), isEmpty: false)
        {
            try await BrokenView.mark(reason, over: link, keys)
            throw .broken(reason)
        }
        try check(info)
    }

    /// Checks whether the server may hold the numbers.
    /// - Returns: the server's INFO.
    /// - Throws: ``LedgerError/replica``; ``LedgerError/unfit(_:)`` for a node of a cluster, or a server that may evict
    ///   keys; ``LedgerError/notReady(_:)`` while it loads its data.
    @discardableResult
    package static func checkFitness(_ link: some RedisLink) async throws(LedgerError) -> RedisInfo {
        let info = try await RedisInfo.read(over: link)
        try check(info)
        return info
    }

    private static func check(_ info: RedisInfo) throws(LedgerError) {
        // While it loads its data, its INFO does not even show whether it has an append-only file.
        if info.isLoading { throw .notReady("it is still loading its data") }
        if info.isReplica { throw .replica }
        if let reason = info.unfitReason { throw .unfit(reason) }
    }

    /// Watches and reads the stamp of every shard, and compares the settings.
    private static func watch(
        _ link: some RedisLink,
        _ settings: LedgerSettings
    ) async throws(LedgerError) -> (views: [ViewState], hasSettings: Bool) {
        var watch = RedisCommand("WATCH")
        for shard in 0..<settings.shards {
            watch.append(settings.keys.settings(shard: shard))
            watch.append(settings.keys.view(shard: shard))
        }
        let replies = try await link.replies(to: watch, watch.renamed("MGET"))
        let values = try replies[1].elements("MGET")
        guard values.count == 2 * settings.shards else { throw .unexpectedReply("MGET") }
        var views: [ViewState] = []
        for shard in 0..<settings.shards {
            try settings.check(stored: try values[2 * shard].optionalBytes("settings"))
            guard let bytes = try values[2 * shard + 1].optionalBytes("view") else {
                views.append(.none)
                continue
            }
            views.append(ViewState(String(decoding: bytes, as: UTF8.self)))
        }
        return (views, !values[0].isNull)
    }

    /// Rewrites the append-only file, which is needed after every restart. If the file ends in the middle of a
    /// transaction, Redis loads it correctly but leaves the incomplete transaction in it, and applies a part of that
    /// transaction at the next start (Redis 7.0, Valkey 8.0).
    private static func rewriteAppendOnlyFile(
        _ link: some RedisLink,
        _ pause: @Sendable (Duration) async -> Void
    ) async throws(LedgerError) {
        let started = try await link.replies(to: RedisCommand("BGREWRITEAOF"))[0]
        // A rewrite that is already in progress is enough.
        if case .error(let error) = started, !error.message.contains("already in progress") {
            throw .notReady("its append-only file cannot be rewritten: \(error.message)")
        }
        let deadline = ContinuousClock.now + rewriteLimit
        while .now < deadline {
            let fields = try RedisInfo.fields(try await link.replies(to: RedisCommand("INFO", "persistence"))[0])
            switch RedisInfo(fields).appendOnlyFileRewrite {
            case .done: return
            case .failed:
                throw .notReady(
                    "its append-only file cannot be rewritten: check its log and the free space on its disk"
                )
            case .inProgress: await pause(.milliseconds(20))
            }
        }
        throw .notReady(
            "the rewrite of its append-only file takes longer than ten minutes: check its log and how busy its disk is"
        )
    }
}
