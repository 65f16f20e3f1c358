package import Redis

/// Where a worker comes in. A Redis that would lose or bend the numbers is refused before anything is written to it, and
/// one that is not as it was left is made ready for postings: it gets a stamp of its own (``ViewStamp``), beside which
/// the settings are kept.
package enum LedgerDoor {
    /// How long an append-only file may take to be written anew.
    private static let rewritePatience = Duration.seconds(600)

    /// Admits this Redis, if it is not admitted yet.
    /// - Parameter pause: waits between two looks at what takes a while.
    /// - Returns: the stamp that postings are made under.
    /// - Throws: ``LedgerError/unfit(_:)``, ``LedgerError/otherSettings(kept:ours:)``, ``LedgerError/held``.
    package static func enter(
        _ link: some PostingLink,
        _ settings: LedgerSettings,
        pause: @Sendable (Duration) async -> Void = { try? await Task.sleep(for: $0) }
    ) async throws(LedgerError) -> ViewStamp {
        while true {
            let info = try await check(link)
            guard let runId = info["run_id"], !runId.isEmpty else { throw .unexpectedReply("INFO") }
            let views = try await watch(link, settings)
            if views.contains(.held) { throw .held }
            if case .stamped(let stamp) = views[0], stamp.runId == runId, views.allSatisfy({ $0 == views[0] }) {
                _ = try await link.replies(to: RedisCommand("UNWATCH"))
                return stamp
            }
            if info["aof_enabled"] == "1" { try await rewriteAppendOnlyFile(link, pause) }
            let stamp = ViewStamp(runId: runId)
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

    /// Compares the Kafka cluster with the one whose log the view was made from; the first one is noted.
    /// - Throws: ``LedgerError/otherCluster(kept:ours:)``.
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
        guard let bytes = try replies[1].optionalBytes("cluster") else { throw .otherView }
        let kept = String(decoding: bytes, as: UTF8.self)
        if kept != cluster { throw .otherCluster(kept: kept, ours: cluster) }
    }

    /// - Returns: what INFO says of the server.
    /// - Throws: ``LedgerError/unfit(_:)`` for a replica, or a server that may evict keys; ``LedgerError/notReady(_:)``.
    @discardableResult
    package static func check(_ link: some RedisLink) async throws(LedgerError) -> [String: String] {
        var info: [String: String] = [:]
        for reply in try await link.replies(
            to: RedisCommand("INFO", "server"),
            RedisCommand("INFO", "replication"),
            RedisCommand("INFO", "memory"),
            RedisCommand("INFO", "persistence")
        ) {
            info.merge(try fields(reply)) { $1 }
        }
        // Until it has loaded its data it does not say either whether it keeps an append-only file.
        if info["loading"] == "1" { throw .notReady("it is still loading its data") }
        if let role = info["role"], role != "master" {
            throw .unfit("this Redis is a \(role), which follows another: give the address of the primary")
        }
        if let policy = info["maxmemory_policy"], policy != "noeviction", info["maxmemory"] != "0" {
            throw .unfit(
                "this Redis drops keys when its memory is full (maxmemory-policy \(policy)): "
                    + "set it to noeviction, or maxmemory to 0"
            )
        }
        return info
    }

    private enum View: Hashable {
        case none
        case held
        case stamped(ViewStamp)
    }

    /// Watches and reads every shard's stamp, and compares the settings.
    private static func watch(_ link: some RedisLink, _ settings: LedgerSettings) async throws(LedgerError) -> [View] {
        var watch = RedisCommand("WATCH")
        for shard in 0..<settings.shards {
            watch.append(settings.keys.settings(shard: shard))
            watch.append(settings.keys.view(shard: shard))
        }
        let replies = try await link.replies(to: watch, watch.renamed("MGET"))
        let values = try replies[1].elements("MGET")
        guard values.count == 2 * settings.shards else { throw .unexpectedReply("MGET") }
        var views: [View] = []
        for shard in 0..<settings.shards {
            try settings.check(kept: try values[2 * shard].optionalBytes("settings"))
            guard let bytes = try values[2 * shard + 1].optionalBytes("view") else {
                views.append(.none)
                continue
            }
            let text = String(decoding: bytes, as: UTF8.self)
            views.append(text == ViewStamp.held ? .held : ViewStamp(text).map { .stamped($0) } ?? .none)
        }
        return views
    }

    /// A file that was torn in the middle of a transaction is loaded rightly, but the torn transaction stays in it, and
    /// half of it is applied at the next start (Redis 7.0, Valkey 8.0). So none is gone on with after a restart.
    private static func rewriteAppendOnlyFile(
        _ link: some RedisLink,
        _ pause: @Sendable (Duration) async -> Void
    ) async throws(LedgerError) {
        let begun = try await link.replies(to: RedisCommand("BGREWRITEAOF"))[0]
        // One that is being written just now is as good.
        if case .error(let error) = begun, !error.message.contains("already in progress") {
            throw .notReady("its append-only file cannot be written anew: \(error.message)")
        }
        let deadline = ContinuousClock.now + rewritePatience
        while .now < deadline {
            let info = try fields(try await link.replies(to: RedisCommand("INFO", "persistence"))[0])
            if info["aof_rewrite_in_progress"] == "0", info["aof_rewrite_scheduled"] != "1" {
                if info["aof_last_bgrewrite_status"] == "ok" { return }
                throw .notReady(
                    "its append-only file cannot be written anew: look at its log, and at the room on its disk"
                )
            }
            await pause(.milliseconds(20))
        }
        throw .notReady("its append-only file is still being written anew")
    }

    /// `name:value` lines of INFO.
    package static func fields(_ reply: RedisValue) throws(LedgerError) -> [String: String] {
        guard let bytes = try reply.optionalBytes("INFO") else { throw .unexpectedReply("INFO") }
        var fields: [String: String] = [:]
        for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { fields[String(parts[0])] = String(parts[1]) }
        }
        return fields
    }
}
