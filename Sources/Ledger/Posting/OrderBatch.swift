package import Log
package import SalesRules

/// The changes of one shard's orders in a batch of records; one posting applies them. Each order is derived from its
/// entry and the changes, compared with what is posted, and the difference is posted.
package final class OrderBatch {
    /// The shard of the orders.
    package let shard: Int
    /// What the whole batch read from each partition of orders; set after the batch is read.
    package var ranges: [OffsetRange] = []
    private var changes: [Change] = []
    /// The orders of the changes, without duplicates.
    private var orders: [TenantScoped] = []
    private var places: [TenantScoped: Int] = [:]

    private struct Change {
        /// Index into `ranges`.
        let range: Int
        let offset: Int64
        /// Index into `orders`.
        let order: Int
        let change: OrderChange
        let source: ChangeSource
    }

    /// A batch without changes.
    package init(shard: Int) { self.shard = shard }

    /// Adds the next change.
    /// - Parameters:
    ///   - range: the index of the record's partition in ``ranges``.
    ///   - offset: the offset of the record.
    ///   - source: what else its record says.
    package func append(
        _ change: OrderChange,
        to order: TenantScoped,
        range: Int,
        offset: Int64,
        source: ChangeSource = ChangeSource()
    ) {
        let place = places[order] ?? orders.count
        if place == orders.count {
            places[order] = place
            orders.append(order)
        }
        changes.append(Change(range: range, offset: offset, order: place, change: change, source: source))
    }

    /// What must be read from Redis to derive the batch.
    package func reads(_ settings: LedgerSettings) -> OrderReads {
        OrderReads(shard: shard, partitions: ranges.map(\.partition), orders: orders, settings: settings)
    }

    /// What to do with a batch after its reads.
    package enum Derivation {
        /// Send the posting.
        /// - `exceeded`: the records after which an order has allocations beyond a bound.
        case post(Posting, exceeded: [(record: LogRecord, BoundExceeded)])
        /// The targets changed: refresh the catalog, and read the batch again.
        case refreshCatalog
    }

    /// Notes whether the record alone gives what is known, so that compaction may remove the earlier ones of its key.
    private func note(_ change: Change, on entry: OrderEntry, in posting: inout Posting) {
        let part = change.change.part
        guard let record = change.source.record, entry.knows(part) else { return }
        var isGiven = change.source.kind != .refused && entry.isGiven(by: change.change)
        // Kafka removes a null value after a while, and with it what the deletion overrides.
        if isGiven, case .allocation = part, record.withValue({ $0 == nil }) { isGiven = false }
        if isGiven, change.source.kind == .event, posting.owed.isEmpty { return }
        let key = OwedKey(.order(orders[change.order], part), key: record.withKey { $0.map(Array.init) ?? [] })
        let partition = ranges[change.range].partition
        if isGiven {
            posting.owed.settle(key, in: partition, isRestated: change.source.kind == .restatement)
        } else {
            posting.owed.owe(key, in: partition)
        }
    }

    /// Derives the orders from what was read.
    /// - Throws: ``LedgerError/viewChanged``, or ``LedgerError/cursorBehind`` when Redis has not applied all records
    ///   before this batch.
    package func derive(
        from snapshot: OrderReads.Snapshot,
        catalogs: Catalogs,
        settings: LedgerSettings
    ) throws(LedgerError) -> Derivation {
        if snapshot.view == nil || snapshot.view != catalogs.view { throw .viewChanged }
        if snapshot.catalogRevision != catalogs.revision { return .refreshCatalog }
        let applied = snapshot.cursors.map { $0?.next ?? 0 }
        for (range, next) in zip(ranges, applied) where next < range.start { throw .cursorBehind }

        var posting = Posting(shard: shard, settings: settings)
        var exceeded: [(record: LogRecord, BoundExceeded)] = []
        // Nil for an order without new changes: to copy all entries would cost more than to derive them.
        var entries: [OrderEntry?] = Array(repeating: nil, count: orders.count)
        for change in changes where change.offset >= applied[change.range] {
            var entry = entries[change.order].take() ?? snapshot.entries[change.order]
            do throws(BoundExceeded) {
                switch change.source.kind {
                case .event: _ = try entry.apply(change.change)
                case .restatement: _ = try entry.restate(change.change)
                case .refused: break
                }
            } catch {
                if let record = change.source.record { exceeded.append((record, error)) }
            }
            note(change, on: entry, in: &posting)
            entries[change.order] = entry
        }
        for (place, order) in orders.enumerated() {
            guard let entry = entries[place], entry != snapshot.entries[place] else { continue }
            posting.move(order, from: snapshot.entries[place], to: entry, catalogs: catalogs)
        }
        for (range, next) in zip(ranges, applied) where next < range.end.next {
            posting.advance(range.partition, to: range.end)
        }
        return .post(posting, exceeded: exceeded)
    }
}

extension OrderReads.Snapshot {
    /// Whether a record is already applied to this shard.
    package func hasApplied(_ partition: TopicPartition, offset: Int64, in ranges: [OffsetRange]) -> Bool {
        zip(ranges, cursors).contains { range, cursor in
            range.partition == partition && offset < cursor?.next ?? 0
        }
    }
}
