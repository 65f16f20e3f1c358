import Ledger
import Log
import SalesRules

/// Events that were read from one partition.
struct ReadEvents {
    let partition: TopicPartition
    let start: Int
    let events: [Event]

    var range: OffsetRange {
        OffsetRange(partition: partition, start: Int64(start), end: cursor(after: start + events.count - 1))
    }

    /// The events as changes of targets and people.
    var changes: [CatalogBatch.Change] {
        events.enumerated().map {
            CatalogBatch.Change(partition: partition, offset: Int64(start + $0.offset), event: $0.element)
        }
    }
}

extension OrderBatch {
    /// The changes of one shard in `read`.
    convenience init(shard: Int, _ read: [ReadEvents], keys: KeySpace) {
        self.init(shard: shard)
        ranges = read.map(\.range)
        for (range, read) in read.enumerated() {
            for (index, event) in read.events.enumerated() {
                guard case .order(let id, let change) = event.change else { continue }
                let order = TenantScoped(tenant: event.tenant, id: id)
                if keys.shard(of: order) != shard { continue }
                append(change, to: order, range: range, offset: Int64(read.start + index))
            }
        }
    }

    /// The posting of this batch.
    /// - Throws: ``NotDerived`` when the catalog must be refreshed.
    func posting(on snapshot: OrderReads.Snapshot, catalogs: Catalogs, settings: LedgerSettings) throws -> Posting {
        switch try derive(from: snapshot, catalogs: catalogs, settings: settings) {
        case .post(let posting, _): return posting
        case .refreshCatalog, .readSums: throw NotDerived()
        }
    }

    struct NotDerived: Error {}
}
