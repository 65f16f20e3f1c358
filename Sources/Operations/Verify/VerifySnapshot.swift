package import Ledger
package import Log
package import Redis
package import SalesRules

/// What else stood in Redis at the moment that a part of it was read to be compared.
package struct VerifySnapshot: Sendable {
    /// The catalog of that moment.
    package let catalogs: Catalogs
    /// The targets that earlier orders were still being counted into.
    package let jobs: [TenantScoped: BackfillJob]
    /// The cursors of the shard, by the order of the partitions; nil where nothing was ever applied.
    package let cursors: [Cursor?]

    /// The commands that give it, before those of the part that is compared.
    package static func commands(shard: Int, partitions: [TopicPartition], keys: KeySpace) -> [RedisCommand] {
        var cursors = RedisCommand("MGET", keys.view(shard: 0), keys.revision(shard: 0))
        for partition in partitions { cursors.append(keys.cursor(partition, shard: shard)) }
        return [RedisCommand("HGETALL", keys.backfills), cursors]
    }

    /// - Parameter catalogs: nil is answered when they are not of the view and the revision that were read.
    package init?(
        _ replies: ArraySlice<RedisValue>,
        partitions: [TopicPartition],
        catalogs: Catalogs
    ) throws(LedgerError) {
        let first = replies.startIndex
        let values = try replies[first + 1].elements("MGET")
        guard values.count == 2 + partitions.count else { throw .unexpectedReply("MGET") }
        guard try values[0].view() == catalogs.view,
            (try values[1].number("revision") ?? 0) == catalogs.revision
        else { return nil }
        self.catalogs = catalogs
        self.jobs = try Backfill.jobs(from: replies[first])
        var cursors: [Cursor?] = []
        for (value, partition) in zip(values.dropFirst(2), partitions) {
            cursors.append(try value.cursor(of: partition))
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
