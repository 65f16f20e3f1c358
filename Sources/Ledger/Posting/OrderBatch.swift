package import Events
package import Kafka
internal import Ledger
internal import SalesRules

/// The part of a batch that lies in one shard: what one posting applies.
final class WorkUnit {
    let shard: Int
    /// For each partition that the batch read from: where it began and where it ended. Known once the batch is read.
    var stretches: [Stretch] = []
    /// The changes of this shard's orders, in the order they were read.
    private(set) var items: [Item] = []
    /// The orders they belong to, each once.
    private(set) var orders: [TenantScoped] = []
    /// Records that could not be read, still to be put aside; with the first unit of a batch only.
    var deadLetters: [RefusedRecord] = []
    /// Whether the batch is applied when this unit is.
    var isLast = false
    private var places: [TenantScoped: Int] = [:]

    /// What a batch read from one partition.
    struct Stretch {
        let partition: LogPartition
        /// The offset that reading went on from.
        let from: Int64
        /// Where the cursor goes.
        let cursor: Cursor
    }

    struct Item {
        /// Index into `stretches`.
        let stretch: Int
        let offset: Int64
        /// Index into `orders`.
        let order: Int
        let change: OrderChange
        /// Kept where the change can still be refused when it meets the order.
        let record: KafkaRecord?
    }

    init(shard: Int) { self.shard = shard }

    func append(_ change: OrderChange, to order: TenantScoped, stretch: Int, offset: Int64, record: KafkaRecord?) {
        let place = places[order] ?? orders.count
        if place == orders.count {
            places[order] = place
            orders.append(order)
        }
        items.append(Item(stretch: stretch, offset: offset, order: place, change: change, record: record))
    }

    func reads(_ settings: LedgerSettings) -> OrderReads {
        OrderReads(shard: shard, partitions: stretches.map(\.partition), orders: orders, settings: settings)
    }
}

/// A record that cannot be applied, and why.
package struct RefusedRecord {
    /// The record as it was read.
    package let record: KafkaRecord
    /// What is wrong with it.
    package let error: EventError
}

/// What to do with a unit after its reads came back.
enum Preparation {
    /// Send the posting. `refused` are records to be put aside before.
    case post(Posting, refused: [RefusedRecord])
    /// The targets changed: read them anew, and the unit too.
    case refreshCatalog
}

extension WorkUnit {
    /// Derives the unit's orders anew from what was read, and what to post for them.
    /// - Throws: ``LedgerError/otherView``, or ``LedgerError/behindLog`` when Redis has not applied all that was read
    ///   before this unit.
    func prepare(
        _ snapshot: OrderReads.Snapshot,
        catalogs: Catalogs,
        settings: LedgerSettings
    ) throws(LedgerError) -> Preparation {
        if snapshot.view == nil || snapshot.view != catalogs.view { throw .otherView }
        if shard == 0 ? snapshot.revision != catalogs.revision : snapshot.revision > catalogs.revision {
            return .refreshCatalog
        }
        let applied = snapshot.cursors.map { $0?.next ?? 0 }
        for (stretch, next) in zip(stretches, applied) where next < stretch.from { throw .behindLog }

        var posting = Posting(shard: shard, settings: settings)
        if snapshot.revision < catalogs.revision { posting.raiseRevision(to: catalogs.revision) }
        var refused = deadLetters.filter { refused in
            zip(stretches, applied).contains { stretch, next in
                stretch.partition == LogPartition(refused.record) && refused.record.offset >= next
            }
        }
        // Nil where nothing is new to the order: copying all entries would cost more than deriving them.
        var entries: [OrderEntry?] = Array(repeating: nil, count: orders.count)
        for item in items where item.offset >= applied[item.stretch] {
            var entry = entries[item.order].take() ?? snapshot.entries[item.order]
            do throws(OrderChangeRefusal) {
                _ = try entry.apply(item.change)
            } catch {
                if let record = item.record { refused.append(RefusedRecord(record: record, error: EventError(error))) }
            }
            entries[item.order] = entry
        }
        for (place, order) in orders.enumerated() {
            guard let entry = entries[place], entry != snapshot.entries[place] else { continue }
            posting.move(order, from: snapshot.entries[place], to: entry, catalogs: catalogs)
        }
        for (stretch, next) in zip(stretches, applied) where next < stretch.cursor.next {
            posting.advance(stretch.partition, to: stretch.cursor)
        }
        return .post(posting, refused: refused)
    }
}

extension LogPartition {
    init(_ record: KafkaRecord) {
        self.init(topic: record.topic, partition: record.partition)
    }
}

extension KafkaRecord {
    /// Whether it comes from this partition.
    func lies(in other: LogPartition) -> Bool { partition == other.partition && topic == other.topic }
}

extension EventError {
    init(_ refusal: OrderChangeRefusal) {
        switch refusal {
        case .tooManyAllocations:
            self.init(
                member: "id",
                reason: "the order has \(OrderEntry.maximumAllocations) allocations already, the most it may have"
            )
        }
    }
}
