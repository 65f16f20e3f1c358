/// How the Redis is that holds the numbers, from what its INFO says.
package struct RedisHealth: Sendable {
    package let version: String
    package let runId: String
    package let role: String
    package let replicas: Int
    package let usedMemory: Int
    /// 0: no limit.
    package let maxMemory: Int
    package let policy: String
    /// Whether it writes an append-only file.
    package let appendsToFile: Bool
    /// When it last saved a snapshot, in seconds since 1970.
    package let lastSave: Int
    package let changesSinceSave: Int
    private let fields: [String: String]

    /// - Parameter fields: the lines of INFO.
    package init(_ fields: [String: String]) {
        func number(_ name: String) -> Int { fields[name].flatMap { Int($0) } ?? 0 }
        self.fields = fields
        version = fields["redis_version"] ?? ""
        runId = fields["run_id"] ?? ""
        role = fields["role"] ?? ""
        replicas = number("connected_slaves")
        usedMemory = number("used_memory")
        maxMemory = number("maxmemory")
        policy = fields["maxmemory_policy"] ?? ""
        appendsToFile = number("aof_enabled") == 1
        lastSave = number("rdb_last_save_time")
        changesSinceSave = number("rdb_changes_since_last_save")
    }

    /// What is wrong, a sentence each, with what to do.
    package var problems: [String] {
        var problems: [String] = []
        if !role.isEmpty, role != "master" {
            problems.append("This Redis is a replica of another: give the address of the primary (--redis-url)")
        }
        if policy != "noeviction", maxMemory > 0 {
            problems.append("Redis may evict keys (maxmemory-policy \(policy)): set it to noeviction")
        }
        if maxMemory > 0, usedMemory > maxMemory / 10 * 9 {
            problems.append(
                "Redis uses \(usedMemory * 100 / maxMemory) % of its maxmemory, and refuses postings when it is full: raise it"
            )
        }
        if fields["rdb_last_bgsave_status"] == "err" {
            problems.append("Redis cannot save its snapshot: look at its log, and at the room on its disk")
        }
        if appendsToFile, fields["aof_last_write_status"] == "err" {
            problems.append("Redis cannot write its append-only file: look at its log, and at the room on its disk")
        }
        if fields["loading"] == "1" { problems.append("Redis is still loading its data: wait") }
        return problems
    }

    /// What is to be known, but not wrong.
    /// - Parameter now: in seconds since 1970.
    package func notes(now: Int) -> [String] {
        var notes: [String] = []
        if policy != "noeviction", maxMemory == 0 {
            notes.append("maxmemory-policy is \(policy), without effect as long as maxmemory is 0")
        }
        if !appendsToFile, changesSinceSave > 0, now - lastSave > 3_600 {
            notes.append(
                "Redis has saved no snapshot for \((now - lastSave) / 3_600) h: after a crash that much of the log is applied "
                    + "again (`save 60 1` in its configuration makes it a minute)"
            )
        }
        return notes
    }
}
