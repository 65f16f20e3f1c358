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
    /// The sums of days that were found to be needed (``SumLimits``).
    private var sums: [DaySum] = []

    private struct Change {
        /// Index into `ranges`.
        let range: Int
        let offset: Int64
        /// Index into `orders`.
        let order: Int
        let change: OrderChange
        let source: ChangeSource

        /// - Returns: whether it was applied, and the bound that the entry then exceeds.
        func apply(to entry: inout OrderEntry) -> (isApplied: Bool, BoundExceeded?) {
            do throws(BoundExceeded) {
                switch source.kind {
                case .event: return (try entry.apply(change), nil)
                case .restatement: return (try entry.restate(change), nil)
                case .refused: return (false, nil)
                }
            } catch {
                return (true, error)
            }
        }
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
        OrderReads(shard: shard, partitions: ranges.map(\.partition), orders: orders, sums: sums, settings: settings)
    }

    /// What to do with a batch after its reads.
    package enum Derivation {
        /// Send the posting.
        /// - `faults`: the records that are dead letters because of what their orders or the sums are.
        case post(Posting, faults: [(record: LogRecord, ChangeFault)])
        /// Read the batch again: sums of days are needed too.
        case readSums
        /// The targets changed: refresh the catalog, and read the batch again.
        case refreshCatalog
    }

    /// Notes whether the record alone gives what is known, so that compaction may remove the earlier ones of its key.
    /// - Parameters:
    ///   - entry: after the change.
    ///   - noted: the orders of which something is noted in the posting.
    private func note(
        _ change: Change,
        isApplied: Bool,
        on entry: OrderEntry,
        _ noted: inout Set<Int>,
        in posting: inout Posting
    ) {
        let part = change.change.part
        guard let record = change.source.record, entry.knows(part) else { return }
        var isGiven = change.source.kind != .refused && entry.isGiven(by: change.change, isApplied: isApplied)
        // Kafka removes a null value after a while, and with it what the deletion overrides.
        if isGiven, case .allocation = part, record.withValue({ $0 == nil }) { isGiven = false }
        // Nearly every record: there is nothing to note, and nothing to take back.
        if isGiven, change.source.kind == .event, noted.isEmpty || !noted.contains(change.order) { return }
        noted.insert(change.order)
        let key = OwedKey(.order(orders[change.order], part), key: record.withKey { $0.map(Array.init) ?? [] })
        let partition = ranges[change.range].partition
        if isGiven {
            posting.owed.settle(key, in: partition, isRestated: change.source.kind == .restatement)
        } else {
            posting.owed.owe(key, in: partition)
        }
    }

    /// Derives the orders from what was read.
    /// - Parameter checksSums: whether sums are read also for small changes.
    /// - Throws: ``LedgerError/viewChanged``, ``LedgerError/cursorBehind`` when Redis has not applied all records before this
    ///   batch, or ``LedgerError/otherRecord(_:offset:)`` when it has applied another record than one of the batch.
    package func derive(
        from snapshot: OrderReads.Snapshot,
        catalogs: Catalogs,
        settings: LedgerSettings,
        checksSums: Bool = false
    ) throws(LedgerError) -> Derivation {
        if snapshot.view == nil || snapshot.view != catalogs.view { throw .viewChanged }
        if snapshot.catalogRevision != catalogs.revision { return .refreshCatalog }
        let applied = snapshot.cursors.map { $0?.next ?? 0 }
        try check(snapshot.cursors)

        var posting = Posting(shard: shard, settings: settings)
        var faults: [(record: LogRecord, ChangeFault)] = []
        var sums = snapshot.sums
        // Nil for an order without new changes: to copy all entries would cost more than to derive them.
        var entries: [OrderEntry?] = Array(repeating: nil, count: orders.count)
        var noted: Set<Int> = []
        let changes = changes
        // By place: a loop over the elements would copy each of them.
        for index in changes.indices where changes[index].offset >= applied[changes[index].range] {
            let place = changes[index].order
            var entry = entries[place].take() ?? snapshot.entries[place]
            let (isApplied, fault) = apply(changes[index], to: &entry, &sums, settings.rules)
            if let fault {
                let (range, offset) = (changes[index].range, changes[index].offset)
                if case .sum = fault { posting.refuse(ranges[range].partition, offset: offset) }
                if let record = changes[index].source.record { faults.append((record, fault)) }
            }
            note(changes[index], isApplied: isApplied, on: entry, &noted, in: &posting)
            entries[place] = consume entry
        }
        for (place, order) in orders.enumerated() {
            guard let entry = entries[place], entry != snapshot.entries[place] else { continue }
            posting.move(order, from: snapshot.entries[place], to: entry, catalogs: catalogs)
        }
        if let sums {
            if !sums.missing.isEmpty { return read(sums.places) }
            if sums.hasHigh, !snapshot.hasHighSums { posting.markHighSums() }
        } else if checksSums || snapshot.hasHighSums || posting.needsSums, !posting.sums.isEmpty {
            return read(posting.sums)
        }
        for (range, next) in zip(ranges, applied) where next < range.end.next {
            posting.advance(range.partition, to: range.end)
        }
        return .post(posting, faults: faults)
    }

    private func check(_ cursors: [Cursor?]) throws(LedgerError) {
        for (place, cursor) in cursors.enumerated() {
            try ranges[place].check(cursor) { offset in
                changes.first { $0.range == place && $0.offset == offset }?.source.record
            }
        }
    }

    private func apply(
        _ change: Change,
        to entry: inout OrderEntry,
        _ sums: inout DaySums?,
        _ rules: Rules
    ) -> (isApplied: Bool, ChangeFault?) {
        guard sums != nil else {
            let (isApplied, exceeded) = change.apply(to: &entry)
            return (isApplied, exceeded.map { .bound($0) })
        }
        var next = entry
        let (isApplied, exceeded) = change.apply(to: &next)
        let tenant = orders[change.order].tenant
        do throws(SumTooLarge) {
            try sums?.move(in: tenant, from: rules.worth(of: entry), to: rules.worth(of: next))
        } catch {
            return (false, .sum(error))
        }
        entry = next
        return (isApplied, exceeded.map { .bound($0) })
    }

    private func read(_ sums: some Sequence<DaySum>) -> Derivation {
        self.sums = Array(sums)
        return .readSums
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
