package import Ledger
package import Log
package import Redis
package import SalesRules

/// The state of Redis at the moment when a part of it was read for a comparison.
package struct VerifySnapshot: Sendable {
    /// The catalogs of that moment.
    package let catalogs: Catalogs
    /// The backfills that were not done.
    package let jobs: [TenantScoped: BackfillJob]
    /// The cursors of the shard, in the order of the partitions; nil if nothing was ever applied.
    package let cursors: [Cursor?]
    /// The records that the shard has not applied because of a sum (``KeySpace/refusedRecord(_:offset:)``).
    package let refused: Set<String>

    /// The commands that read the snapshot. They are sent in one transaction with those of the compared part.
    package static func commands(shard: Int, partitions: [TopicPartition], keys: KeySpace) -> [RedisCommand] {
        var cursors = RedisCommand("MGET", keys.view(shard: 0), keys.revision)
        for partition in partitions { cursors.append(keys.cursor(partition, shard: shard)) }
        return [
            RedisCommand("HGETALL", keys.backfills), cursors, RedisCommand("SMEMBERS", keys.refused(shard: shard)),
        ]
    }

    /// Nil if `catalogs` are not of the view and revision that were read.
    package init?(
        _ replies: ArraySlice<RedisValue>,
        partitions: [TopicPartition],
        catalogs: Catalogs
    ) throws(LedgerError) {
        let first = replies.startIndex
        let values = try replies[first + 1].elements("MGET")
        guard values.count == 2 + partitions.count else { throw .unexpectedReply("MGET") }
        guard try values[0].view() == catalogs.view,
            try values[1].catalogRevision() == catalogs.revision
        else { return nil }
        self.catalogs = catalogs
        self.jobs = try Backfill.jobs(from: replies[first])
        var cursors: [Cursor?] = []
        for (value, partition) in zip(values.dropFirst(2), partitions) {
            cursors.append(try value.cursor(of: partition))
        }
        self.cursors = cursors
        refused = Set(try replies[first + 2].elements("SMEMBERS").compactMap(\.string))
    }
}

extension RedisValue {
    /// Why a reply is not of the type that the key should have.
    var wrongType: String? {
        if case .error(let error) = self { return "the key has another type: Redis answered \(error.code)" }
        return nil
    }

    /// Names and values of a hash; nil if the reply is not an array.
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
