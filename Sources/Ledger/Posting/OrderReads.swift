package import Log
package import Redis
package import SalesRules

/// Reads what a posting in one shard starts from: the cursors that it moves and the entries that it changes. It watches
/// them too, so that the posting fails if they change meanwhile.
package struct OrderReads: Sendable {
    /// The shard that is read.
    package let shard: Int
    /// The partitions whose cursors are read.
    package let partitions: [TopicPartition]
    /// The orders whose entries are read, all in this shard.
    package let orders: [TenantScoped]
    /// The sums of days that are read; most postings read none (``SumLimits``).
    package let sums: [DaySum]
    private let settings: LedgerSettings

    /// The number of replies to the commands.
    package var replyCount: Int { 2 + sums.count }

    /// The reads of these cursors, orders and sums.
    package init(
        shard: Int,
        partitions: [TopicPartition],
        orders: [TenantScoped],
        sums: [DaySum] = [],
        settings: LedgerSettings
    ) {
        self.shard = shard
        self.partitions = partitions
        self.orders = orders
        self.sums = sums
        self.settings = settings
    }

    /// What was read from Redis.
    package struct Snapshot {
        /// The view that Redis holds; nil where it has no stamp.
        package let view: ViewStamp?
        /// The catalog revision.
        package let catalogRevision: CatalogRevision
        /// In the order of `partitions`; nil where nothing was applied yet.
        package let cursors: [Cursor?]
        /// In the order of `orders`; an unknown order has an empty entry.
        package let entries: [OrderEntry]
        /// Whether a sum of a day in the shard is near the limit.
        let hasHighSums: Bool
        /// Nil where none were read.
        let sums: DaySums?
    }

    /// Appends the commands, which have ``replyCount`` replies.
    package func append(to pipeline: inout RedisPipeline) {
        let keys = settings.keys
        var watch = RedisCommand("WATCH", keys.view(shard: shard), keys.revision, keys.highSums(shard: shard))
        watch.reserveCapacity(arguments: partitions.count + orders.count, bytes: 64 * orders.count)
        for partition in partitions { watch.append(keys.cursor(partition, shard: shard)) }
        for order in orders { keys.append(entryOf: order, shard: shard, to: &watch) }
        let read = watch.renamed("MGET")
        for year in Set(sums.map(\.days)) { keys.append(daysOf: year, shard: shard, to: &watch) }
        pipeline.append(watch)
        pipeline.append(read)
        DaySums.append(readsOf: sums, shard: shard, keys: keys, to: &pipeline)
    }

    /// - Parameter replies: the ``replyCount`` replies to the commands.
    package func snapshot(from replies: RedisReplies) throws(LedgerError) -> Snapshot {
        let first = replies.startIndex
        guard replies.count == replyCount else { throw .unexpectedReply("WATCH") }
        if let error = replies.reply(at: first).error { throw .refused(error) }
        var values = try replies.reply(at: first + 1).elements("MGET")
        guard values.count == 3 + partitions.count + orders.count,
            let view = values.next(), let revision = values.next(), let highSums = values.next()
        else { throw .unexpectedReply("MGET") }
        var cursors: [Cursor?] = []
        for partition in partitions { cursors.append(try values.next()?.value.cursor(of: partition)) }
        return Snapshot(
            view: try view.value.view(),
            catalogRevision: try revision.value.catalogRevision(),
            cursors: cursors,
            entries: try entries(values),
            hasHighSums: !highSums.isNull,
            sums: sums.isEmpty ? nil : try DaySums(sums, replies.dropFirst(2), limits: settings.sums)
        )
    }

    private func entries(_ values: RedisReply.Elements) throws(LedgerError) -> [OrderEntry] {
        var entries: [OrderEntry] = []
        entries.reserveCapacity(orders.count)
        for (value, order) in zip(values, orders) {
            entries.append(try value.entry(of: order, reporting: settings.rules.currency))
        }
        return entries
    }
}
