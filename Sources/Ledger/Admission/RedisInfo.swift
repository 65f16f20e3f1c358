package import Redis

/// The INFO of a Redis server, and whether the server may hold the ledger.
package struct RedisInfo: Sendable {
    private let fields: [String: String]

    /// - Parameter fields: the lines of INFO, by their names.
    package init(_ fields: [String: String]) { self.fields = fields }

    /// Reads the sections of INFO that are used here.
    package static func read(over link: some RedisLink) async throws(LedgerError) -> RedisInfo {
        var fields: [String: String] = [:]
        for reply in try await link.replies(
            to: RedisCommand("INFO", "server"),
            RedisCommand("INFO", "replication"),
            RedisCommand("INFO", "memory"),
            RedisCommand("INFO", "stats"),
            RedisCommand("INFO", "persistence")
        ) {
            fields.merge(try Self.fields(reply)) { $1 }
        }
        return RedisInfo(fields)
    }

    /// The `name:value` lines of a reply to INFO.
    package static func fields(_ reply: RedisValue) throws(LedgerError) -> [String: String] {
        guard let bytes = try reply.optionalBytes("INFO") else { throw .unexpectedReply("INFO") }
        var fields: [String: String] = [:]
        for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { fields[String(parts[0])] = String(parts[1]) }
        }
        return fields
    }

    package var version: String { fields["redis_version"] ?? "" }
    package var runId: String { fields["run_id"] ?? "" }
    package var role: String { fields["role"] ?? "" }
    package var replicas: Int { number("connected_slaves") }
    /// In bytes.
    package var usedMemory: Int { number("used_memory") }
    /// In bytes; 0 for no limit.
    package var maxMemory: Int { number("maxmemory") }
    /// Since the server was started.
    package var evictedKeys: Int { number("evicted_keys") }
    package var evictionPolicy: String { fields["maxmemory_policy"] ?? "" }
    /// Whether it writes an append-only file. It may be false while the server loads its data.
    package var hasAppendOnlyFile: Bool { fields["aof_enabled"] == "1" }
    /// Whether it is still loading its data.
    package var isLoading: Bool { fields["loading"] == "1" }
    /// When it last saved a snapshot, in seconds since 1970.
    package var lastSave: Int { number("rdb_last_save_time") }
    package var changesSinceSave: Int { number("rdb_changes_since_last_save") }

    private func number(_ name: String) -> Int { fields[name].flatMap { Int($0) } ?? 0 }

    /// Whether it copies another server.
    package var isReplica: Bool { !role.isEmpty && role != "master" }

    static let replicaReason =
        "this Redis is a replica of another server: give the address of the primary (--redis-url)"

    /// Why nothing may be written to this server, and what to do about it; nil if it may hold the ledger.
    package var unfitReason: String? {
        if isReplica { return Self.replicaReason }
        if let mode = fields["redis_mode"], mode != "standalone" {
            return
                "this server is \(mode == "cluster" ? "a node of a Redis Cluster" : "no Redis but a \(mode)"), which is "
                + "not supported: give the address of a single Redis (--redis-url)"
        }
        // A policy of `volatile-…` evicts only keys that expire. Of this program only a held view does, which may end early.
        if !evictionPolicy.isEmpty, evictionPolicy != "noeviction", !evictionPolicy.hasPrefix("volatile-"),
            fields["maxmemory"] != "0"
        {
            return "this Redis deletes keys when its memory is full (maxmemory-policy \(evictionPolicy)): set "
                + "maxmemory-policy to noeviction, or maxmemory to 0"
        }
        return nil
    }

    /// Why this server refuses postings at the moment, one sentence for each reason.
    package var refusals: [String] {
        var refusals: [String] = []
        if maxMemory > 0, usedMemory > maxMemory {
            refusals.append("Redis has no memory left, and refuses postings: raise maxmemory")
        }
        if fields["rdb_last_bgsave_status"] == "err" {
            refusals.append(
                "Redis cannot save its snapshot, and refuses postings until it can (stop-writes-on-bgsave-error): check its "
                    + "log and the free space on its disk"
            )
        }
        if hasAppendOnlyFile, fields["aof_last_write_status"] == "err" {
            refusals.append("Redis cannot write its append-only file: check its log and the free space on its disk")
        }
        if fields["min_slaves_good_slaves"] == "0" {
            refusals.append(
                "Redis has no replica that follows it, and refuses postings (min-replicas-to-write): check its replicas"
            )
        }
        return refusals
    }

    /// One sentence for each problem of the server, with what to do about it.
    package var problems: [String] {
        var problems: [String] = []
        if let unfitReason { problems.append(unfitReason) }
        problems += refusals
        if maxMemory > 0, usedMemory > maxMemory / 10 * 9, usedMemory <= maxMemory {
            problems.append(
                "Redis uses \(usedMemory * 100 / maxMemory) % of its maxmemory, and refuses postings when it is full: "
                    + "raise maxmemory"
            )
        }
        if isLoading { problems.append("Redis is still loading its data: wait until it has finished") }
        return problems
    }

    /// One sentence for each fact that an operator should know although it is not a problem.
    /// - Parameter now: in seconds since 1970.
    package func notes(now: Int) -> [String] {
        var notes: [String] = []
        if evictionPolicy.hasPrefix("allkeys-"), maxMemory == 0 {
            notes.append("maxmemory-policy is \(evictionPolicy), which has no effect as long as maxmemory is 0")
        }
        if !hasAppendOnlyFile, changesSinceSave > 0, now - lastSave > 3_600 {
            notes.append(
                "Redis has saved no snapshot for \((now - lastSave) / 3_600) h: after a crash the log of these hours "
                    + "is applied again (with `save 60 1` in its configuration it would be one minute)"
            )
        }
        return notes
    }

    /// The state of a rewrite of the append-only file.
    var appendOnlyFileRewrite: Rewrite {
        if fields["aof_rewrite_in_progress"] != "0" || fields["aof_rewrite_scheduled"] == "1" { return .inProgress }
        return fields["aof_last_bgrewrite_status"] == "ok" ? .done : .failed
    }

    enum Rewrite {
        case inProgress
        case done
        case failed
    }
}
