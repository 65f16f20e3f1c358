package import Log
package import Redis
package import SalesRules

/// What a posting is made from, in one shard: the cursors it moves and the entries it changes, watched from the moment
/// they are read.
package struct OrderReads: Sendable {
    /// The shard that is read.
    package let shard: Int
    /// Whose cursors are read.
    package let partitions: [TopicPartition]
    /// Whose entries are read; all of this shard.
    package let orders: [TenantScoped]
    private let settings: LedgerSettings

    /// How many replies it gets.
    package static let replyCount = 2

    /// What a unit of these orders has to read.
    package init(shard: Int, partitions: [TopicPartition], orders: [TenantScoped], settings: LedgerSettings) {
        self.shard = shard
        self.partitions = partitions
        self.orders = orders
        self.settings = settings
    }

    /// What was read.
    package struct Snapshot {
        /// The view that Redis holds; nil where it was not admitted yet.
        package let view: ViewStamp?
        /// The catalog revision that this shard has followed up to; in shard 0 the catalog's own.
        package let revision: Int64
        /// By the order of `partitions`; nil where nothing was ever applied.
        package let cursors: [Cursor?]
        /// By the order of `orders`; an order not seen yet has an empty entry.
        package let entries: [OrderEntry]
    }

    /// Adds the commands; they have ``replyCount`` replies.
    package func append(to pipeline: inout RedisPipeline) {
        let keys = settings.keys
        var watch = RedisCommand("WATCH", keys.view(shard: shard), keys.revision(shard: shard))
        watch.reserveCapacity(arguments: partitions.count + orders.count, bytes: 64 * orders.count)
        for partition in partitions { watch.append(keys.cursor(partition, shard: shard)) }
        for order in orders { keys.append(entryOf: order, shard: shard, to: &watch) }
        pipeline.append(watch)
        pipeline.append(watch.renamed("MGET"))
    }

    /// - Parameter replies: the ``replyCount`` replies to what was appended.
    package func snapshot(from replies: ArraySlice<RedisValue>) throws(LedgerError) -> Snapshot {
        let first = replies.startIndex
        guard replies.count == Self.replyCount else { throw .unexpectedReply("WATCH") }
        if case .error(let error) = replies[first] { throw .refused(error) }
        let values = try replies[first + 1].elements("MGET")
        guard values.count == 2 + partitions.count + orders.count else { throw .unexpectedReply("MGET") }
        var cursors: [Cursor?] = []
        for (value, partition) in zip(values.dropFirst(2), partitions) {
            cursors.append(try value.cursor(of: partition))
        }
        return Snapshot(
            view: try values[0].view(),
            revision: try values[1].number("revision") ?? 0,
            cursors: cursors,
            entries: try entries(values.suffix(orders.count))
        )
    }

    private func entries(_ values: ArraySlice<RedisValue>) throws(LedgerError) -> [OrderEntry] {
        var entries: [OrderEntry] = []
        entries.reserveCapacity(values.count)
        for (value, order) in zip(values, orders) {
            entries.append(try value.entry(of: order, reporting: settings.rules.currency))
        }
        return entries
    }
}
