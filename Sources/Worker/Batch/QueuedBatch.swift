internal import Events
internal import Ledger
internal import Log
internal import SalesRules

/// An order batch in the pipeline, with the records that may have to be written as dead letters before it is applied.
struct QueuedBatch {
    let orders: OrderBatch
    /// Records that could not be decoded. Only the first batch of a read has them, so that each is written once.
    var deadLetters: [RefusedRecord] = []
    /// Whether this is the last batch of a read: when it is applied, the whole read is applied.
    var isLast = false
    /// Whether its posting noted keys whose state is to be written once more.
    var owesRecords = false

    init(shard: Int) { orders = OrderBatch(shard: shard) }

    mutating func append(
        _ change: OrderChange,
        to order: TenantScoped,
        range: Int,
        record: LogRecord,
        _ kind: ChangeSource.Kind
    ) {
        let source = ChangeSource(kind, record: record)
        orders.append(change, to: order, range: range, offset: record.offset, source: source)
    }

    /// The dead letters of this batch, without those of records that an earlier posting has already applied.
    func deadLetters(
        _ snapshot: OrderReads.Snapshot,
        faults: [(record: LogRecord, ChangeFault)]
    ) -> [RefusedRecord] {
        let undecodable = deadLetters.filter {
            !snapshot.hasApplied($0.record.topicPartition, offset: $0.record.offset, in: orders.ranges)
        }
        return undecodable + faults.map { RefusedRecord(record: $0, error: EventError($1)) }
    }
}
