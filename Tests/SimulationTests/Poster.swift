import Ledger
import Log
import Model
import Redis
import SalesRules

/// Posts a history through the ledger in random batches, all from one partition of the log. It runs no backfills.
struct Poster {
    private let link: any RedisLink
    private let settings: LedgerSettings
    private let partition = TopicPartition(topic: "sales", partition: 0)
    private var catalogs = Catalogs()
    private var random: SeededGenerator
    private var next: Int64 = 0

    init(link: some RedisLink, settings: LedgerSettings, seed: UInt64) {
        self.link = link
        self.settings = settings
        random = SeededGenerator(seed: seed)
    }

    mutating func post(_ history: History) async throws {
        var batch: [Event] = []
        for event in history {
            if let last = batch.last, last.isOfOrder != event.isOfOrder || random.chance(50) {
                try await post(batch)
                batch = []
            }
            batch.append(event)
        }
        try await post(batch)
    }

    private mutating func post(_ batch: [Event]) async throws {
        guard let first = batch.first else { return }
        let last = next + Int64(batch.count) - 1
        let cursor = Cursor(next: last + 1, last: .init(offset: last, checksum: UInt32(last)))
        if first.isOfOrder {
            try await catalogs.refresh(from: link, keys: settings.keys)
            for shard in 0..<settings.shards { try await postOrders(batch, shard: shard, cursor) }
        } else {
            let changes = batch.enumerated().map {
                CatalogBatch.Change(partition: partition, offset: next + Int64($0.offset), event: $0.element)
            }
            let range = OffsetRange(partition: partition, start: next, end: cursor)
            let batch = CatalogBatch(changes, ranges: [range], settings: settings)
            let snapshot = try batch.snapshot(from: try await link.send(batch.reads()))
            try await apply(batch.transaction(on: snapshot))
        }
        next = last + 1
    }

    private func postOrders(_ batch: [Event], shard: Int, _ cursor: Cursor) async throws {
        var changes: [(order: TenantScoped, change: OrderChange)] = []
        for event in batch {
            guard case .order(let id, let change) = event.change else { continue }
            let order = TenantScoped(tenant: event.tenant, id: id)
            if settings.keys.shard(of: order) == shard { changes.append((order, change)) }
        }
        let orders = Array(Set(changes.map(\.order)))
        let reads = OrderReads(shard: shard, partitions: [partition], orders: orders, settings: settings)
        var pipeline = RedisPipeline()
        reads.append(to: &pipeline)
        let snapshot = try reads.snapshot(from: try await link.send(pipeline)[...])
        var posting = Posting(shard: shard, settings: settings)
        for (order, old) in zip(orders, snapshot.entries) {
            var new = old
            // A change that goes beyond a bound is applied all the same.
            for change in changes where change.order == order { _ = try? new.apply(change.change) }
            if new != old { posting.move(order, from: old, to: new, catalogs: catalogs) }
        }
        posting.advance(partition, to: cursor)
        try await apply(posting.transaction())
    }

    private func apply(_ transaction: RedisPipeline) async throws {
        guard try Posting.outcome(of: try await link.send(transaction)) == .applied else { throw LostRace() }
    }

    private struct LostRace: Error {}
}

extension Event {
    fileprivate var isOfOrder: Bool {
        if case .order = change { true } else { false }
    }
}
