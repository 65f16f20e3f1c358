internal import Events
internal import Ledger
internal import Log
internal import SalesRules

/// An order batch on its way through the pipeline, with the records that may have to become dead letters before it is
/// applied.
struct QueuedBatch {
    let orders: OrderBatch
    /// Records that could not be decoded; only with the first batch of a read, so that each is written once.
    var deadLetters: [RefusedRecord] = []
    /// Whether the whole read is applied when this batch is.
    var isLast = false
    /// Records whose change can still be refused when it meets its order, by the number of the change.
    private var refusable: [Int: LogRecord] = [:]

    init(shard: Int) { orders = OrderBatch(shard: shard) }

    mutating func append(_ change: OrderChange, to order: TenantScoped, range: Int, record: LogRecord) {
        let number = orders.append(change, to: order, range: range, offset: record.offset)
        if case .allocationSaved = change { refusable[number] = record }
    }

    /// The dead letters of this batch that an earlier posting has not covered.
    func deadLetters(
        _ snapshot: OrderReads.Snapshot,
        refused: [(change: Int, OrderChangeRefusal)]
    ) -> [RefusedRecord] {
        let undecoded = deadLetters.filter {
            !snapshot.hasApplied($0.record.topicPartition, offset: $0.record.offset, in: orders.ranges)
        }
        return undecoded
            + refused.compactMap { change, refusal in
                refusable[change].map { RefusedRecord(record: $0, error: EventError(refusal)) }
            }
    }
}
