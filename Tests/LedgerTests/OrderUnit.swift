import Ledger
import SalesRules

/// What a batch read from one partition.
struct Stretch {
    let partition: LogPartition
    let from: Int
    let events: [Event]

    var cursor: Cursor { LedgerTests.cursor(after: from + events.count - 1) }
}

/// The part of a batch that lies in one shard.
struct OrderUnit {
    let shard: Int
    private let stretches: [Stretch]
    private var orders: [TenantScoped] = []
    private var changes: [(stretch: Int, offset: Int, order: Int, change: OrderChange)] = []

    init(shard: Int, _ stretches: [Stretch], keys: KeySpace) {
        self.shard = shard
        self.stretches = stretches
        for (place, stretch) in stretches.enumerated() {
            for (index, event) in stretch.events.enumerated() {
                guard case .order(let id, let change) = event.change else { continue }
                let order = TenantScoped(tenant: event.tenant, id: id)
                guard keys.shard(of: order) == shard else { continue }
                if !orders.contains(order) { orders.append(order) }
                changes.append((place, stretch.from + index, orders.firstIndex(of: order)!, change))
            }
        }
    }

    func reads(_ settings: LedgerSettings) -> OrderReads {
        OrderReads(shard: shard, partitions: stretches.map(\.partition), orders: orders, settings: settings)
    }

    func posting(on snapshot: OrderReads.Snapshot, catalogs: Catalogs, settings: LedgerSettings) -> Posting {
        var posting = Posting(shard: shard, settings: settings)
        if snapshot.revision < catalogs.revision { posting.raiseRevision(to: catalogs.revision) }
        let applied = snapshot.cursors.map { $0?.next ?? 0 }
        var entries = snapshot.entries
        for item in changes where item.offset >= applied[item.stretch] {
            _ = try! entries[item.order].apply(item.change)
        }
        for (place, order) in orders.enumerated() where entries[place] != snapshot.entries[place] {
            posting.move(order, from: snapshot.entries[place], to: entries[place], catalogs: catalogs)
        }
        for (stretch, next) in zip(stretches, applied) where next < stretch.cursor.next {
            posting.advance(stretch.partition, to: stretch.cursor)
        }
        return posting
    }
}
