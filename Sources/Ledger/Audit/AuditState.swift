package import Redis
package import SalesRules

/// What else stood in Redis at the moment that a part of it was read to be compared.
package struct AuditState: Sendable {
    /// The catalog of that moment.
    package let catalogs: Catalogs
    /// The targets that earlier orders were still being counted into.
    package let jobs: [TenantScoped: CountingJob]
    /// The cursors of the shard, by the order of the partitions; nil where nothing was ever applied.
    package let cursors: [Cursor?]

    /// The commands that give it, before those of the part that is compared.
    package static func commands(shard: Int, partitions: [LogPartition], keys: KeySpace) -> [RedisCommand] {
        var cursors = RedisCommand("MGET", keys.view(shard: 0), keys.revision(shard: 0))
        for partition in partitions { cursors.append(keys.cursor(partition, shard: shard)) }
        return [RedisCommand("HGETALL", keys.counting), cursors]
    }

    /// - Parameter catalogs: nil is answered when they are not of the view and the revision that were read.
    package init?(
        _ replies: ArraySlice<RedisValue>,
        partitions: [LogPartition],
        catalogs: Catalogs
    ) throws(LedgerError) {
        let first = replies.startIndex
        let jobs = try replies[first].elements("HGETALL")
        let values = try replies[first + 1].elements("MGET")
        guard values.count == 2 + partitions.count else { throw .unexpectedReply("MGET") }
        guard try OrderReads.view(values[0]) == catalogs.view,
            try integer(values[1], missing: 0, "revision") == catalogs.revision
        else { return nil }
        self.catalogs = catalogs
        var parsed: [TenantScoped: CountingJob] = [:]
        for index in stride(from: 0, to: jobs.count - 1, by: 2) {
            let name = String(decoding: try jobs[index].optionalBytes("HGETALL") ?? [], as: UTF8.self)
            let bytes = try jobs[index + 1].optionalBytes("HGETALL") ?? []
            guard let key = TenantScoped(name) else {
                throw .corrupt(CorruptRecord(place: "a counting job", reason: "its name is not one"))
            }
            parsed[key] = try reading("the counting of target \(name)") { () throws(CorruptRecord) in
                try CountingJob(parsing: bytes)
            }
        }
        self.jobs = parsed
        var cursors: [Cursor?] = []
        for (value, partition) in zip(values.dropFirst(2), partitions) {
            cursors.append(try OrderReads.cursor(value, of: partition))
        }
        self.cursors = cursors
    }
}

extension RedisValue {
    /// Why a reply is not of the type that the key should have.
    var wrongType: String? {
        if case .error(let error) = self { return "Redis answers \(error.code): it is a key of another type" }
        return nil
    }

    /// Names and values of a hash; nil where it is no hash.
    var fields: [(name: String, value: [UInt8])]? {
        guard case .array(let elements) = self else { return nil }
        return stride(from: 0, to: elements.count - 1, by: 2).compactMap { index in
            guard case .bytes(let name) = elements[index], case .bytes(let value) = elements[index + 1] else {
                return nil
            }
            return (String(decoding: name, as: UTF8.self), value)
        }
    }
}
