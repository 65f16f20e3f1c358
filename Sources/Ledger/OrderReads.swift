package import Redis
package import SalesTargets

/// What a posting is made from, in one shard: the cursors it moves and the entries it changes, watched from the moment
/// they are read.
package struct OrderReads: Sendable {
    /// The shard that is read.
    package let shard: Int
    /// Whose cursors are read.
    package let partitions: [LogPartition]
    /// Whose entries are read; all of this shard.
    package let orders: [TenantScoped]
    private let settings: LedgerSettings

    /// How many replies it gets.
    package static let replyCount = 3

    /// What a unit of these orders has to read.
    package init(shard: Int, partitions: [LogPartition], orders: [TenantScoped], settings: LedgerSettings) {
        self.shard = shard
        self.partitions = partitions
        self.orders = orders
        self.settings = settings
    }

    /// What was read.
    package struct Snapshot {
        /// Whether Redis had no settings yet, which means that it was empty.
        package let isEmpty: Bool
        /// The catalog revision that this shard has followed up to; in shard 0 the catalog's own.
        package let revision: Int64
        /// By the order of `partitions`; nil where nothing was ever applied.
        package let cursors: [Cursor?]
        /// By the order of `orders`; an order not seen yet has an empty entry.
        package let entries: [OrderEntry]
    }

    private var fixedKeys: [String] {
        let keys = settings.keys
        return [keys.settings(shard: shard), keys.revision(shard: shard)]
            + partitions.map { keys.cursor($0, shard: shard) }
    }

    /// Adds the commands; they have ``replyCount`` replies.
    package func append(to pipeline: inout RedisPipeline) {
        let keys = settings.keys
        let fixed = fixedKeys
        let entries = orders.map { keys.entry($0, shard: shard) }
        var watch = RedisCommand("WATCH")
        for key in fixed { watch.append(key) }
        for key in entries { watch.append(key) }
        pipeline.append(watch)
        var read = RedisCommand("MGET")
        for key in fixed { read.append(key) }
        pipeline.append(read)
        var readEntries = RedisCommand("MGET")
        // MGET takes at least one key, and a batch may have no order in this shard.
        for key in entries.isEmpty ? fixed.prefix(1).map(\.self) : entries { readEntries.append(key) }
        pipeline.append(readEntries)
    }

    /// - Parameter replies: the ``replyCount`` replies to what was appended.
    package func snapshot(from replies: ArraySlice<RedisValue>) throws(LedgerError) -> Snapshot {
        let first = replies.startIndex
        guard replies.count == Self.replyCount else { throw .unexpectedReply("WATCH") }
        if case .error(let error) = replies[first] { throw .refused(error) }
        let fixed = try replies[first + 1].elements("MGET")
        guard fixed.count == 2 + partitions.count else { throw .unexpectedReply("MGET") }
        let kept = try fixed[0].optionalBytes("settings")
        try settings.check(kept: kept)
        var cursors: [Cursor?] = []
        for (value, partition) in zip(fixed.dropFirst(2), partitions) {
            cursors.append(try Self.cursor(value, of: partition))
        }
        return Snapshot(
            isEmpty: kept == nil,
            revision: try integer(fixed[1], missing: 0, "revision"),
            cursors: cursors,
            entries: orders.isEmpty ? [] : try entries(try replies[first + 2].elements("MGET"))
        )
    }

    private func entries(_ values: [RedisValue]) throws(LedgerError) -> [OrderEntry] {
        guard values.count == orders.count else { throw .unexpectedReply("MGET") }
        var entries: [OrderEntry] = []
        entries.reserveCapacity(values.count)
        for (value, order) in zip(values, orders) {
            entries.append(try Self.entry(value, of: order, currency: settings.rules.currency))
        }
        return entries
    }

    static func cursor(_ value: RedisValue, of partition: LogPartition) throws(LedgerError) -> Cursor? {
        guard let bytes = try value.optionalBytes("a cursor") else { return nil }
        return try reading("the cursor of \(partition.topic)[\(partition.partition)]") { () throws(CorruptRecord) in
            try Cursor(parsing: bytes)
        }
    }

    static func entry(
        _ value: RedisValue,
        of order: TenantScoped,
        currency: Currency
    ) throws(LedgerError) -> OrderEntry {
        guard let bytes = try value.optionalBytes("an entry") else { return OrderEntry() }
        return try reading("the entry of order \(order)") { () throws(CorruptRecord) in
            try EntryCodec.decode(bytes, id: order.id, reporting: currency)
        }
    }
}
