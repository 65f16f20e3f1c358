package import Redis

/// Refuses a Redis that would lose or bend the numbers, before anything is written to it.
package enum LedgerDoor {
    /// - Throws: ``LedgerError/unfit(_:)`` for a replica, or a server that may evict keys.
    package static func check(_ link: some RedisLink) async throws(LedgerError) {
        let replies = try await link.replies(
            to: RedisCommand("INFO", "replication"),
            RedisCommand("INFO", "memory")
        )
        let replication = try fields(replies[0])
        let memory = try fields(replies[1])
        if let role = replication["role"], role != "master" {
            throw .unfit("this Redis is a \(role), which follows another: give the address of the primary")
        }
        if let policy = memory["maxmemory_policy"], policy != "noeviction", memory["maxmemory"] != "0" {
            throw .unfit(
                "this Redis drops keys when its memory is full (maxmemory-policy \(policy)): "
                    + "set it to noeviction, or maxmemory to 0"
            )
        }
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
