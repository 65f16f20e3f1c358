internal import Events
internal import Ledger
internal import Log
internal import SalesRules

/// The records of one read, decoded while Redis works on the batch before.
struct RecordBatch {
    private let decoder: EventDecoder
    private let keys: KeySpace
    /// One for each shard, so that every shard's cursor moves with every read.
    private var orderBatches: [QueuedBatch]
    private var ranges: [OpenRange] = []
    private var catalogChanges: [CatalogBatch.Change] = []
    private var refused: [(record: RefusedRecord, carriesOrders: Bool)] = []
    /// How many records it holds.
    private(set) var count = 0

    /// What was read of one partition so far.
    private struct OpenRange {
        let partition: TopicPartition
        let topic: Topic
        let start: Int64
        /// Its index among the ranges of topics that carry the same.
        let index: Int
        var last: LastRecord
        var next: Int64

        mutating func append(_ record: LogRecord) {
            last = .read(record)
            next = record.offset + 1
        }

        /// Where it ends.
        var end: Cursor {
            switch last {
            case .read(let record): Cursor(next: next, last: record.fingerprint)
            case .known(let fingerprint): Cursor(next: next, last: fingerprint)
            }
        }

        /// Computes the checksum of the last record, once.
        mutating func close() { last = .known(end.last) }
    }

    private enum LastRecord {
        case read(LogRecord)
        /// The range is closed, or it has no record and this is the last one before it.
        case known(Fingerprint)
    }

    /// Where reading of a partition continues.
    struct Start {
        let topic: Topic
        let position: StartPosition
    }

    init(decoder: EventDecoder, keys: KeySpace) {
        self.decoder = decoder
        self.keys = keys
        orderBatches = (0..<keys.shards).map { QueuedBatch(shard: $0) }
    }

    /// Call it when nothing more is appended.
    mutating func close() { for index in ranges.indices { ranges[index].close() } }

    /// Where reading of each partition continues after the batch.
    var positions: some Sequence<(partition: TopicPartition, position: StartPosition)> {
        ranges.lazy.map { ($0.partition, .after($0.end)) }
    }

    /// Decodes a record and adds it; one that cannot be decoded becomes a dead letter when the batch is applied.
    /// - Parameter start: called once for each partition; nil for a partition that is not assigned, whose record is left
    ///   out.
    mutating func append(_ record: LogRecord, start: (TopicPartition) -> Start?) {
        // The records of a partition come in runs.
        if let current = ranges.indices.last, record.isIn(ranges[current].partition) {
            ranges[current].append(record)
            return append(record, range: current)
        }
        let partition = record.topicPartition
        if let known = ranges.firstIndex(where: { $0.partition == partition }) {
            // Moved to the end, where the next record of the run finds it at once.
            ranges.append(ranges.remove(at: known))
            ranges[ranges.count - 1].append(record)
        } else {
            guard let start = start(partition) else { return }
            open(partition, start, .read(record), next: record.offset + 1)
        }
        append(record, range: ranges.count - 1)
    }

    /// Notes that a partition was read to its end. The end is beyond the last record where transactions end with markers:
    /// without this, a log to which nothing more is written would seem to be behind for ever.
    mutating func reach(_ end: Int64, of partition: TopicPartition, start: (TopicPartition) -> Start?) {
        if let known = ranges.firstIndex(where: { $0.partition == partition }) {
            ranges[known].next = max(ranges[known].next, end)
            return
        }
        guard let start = start(partition), let last = start.position.last, start.position.next ?? 0 < end else {
            return
        }
        open(partition, start, .known(last), next: end)
    }

    private mutating func open(_ partition: TopicPartition, _ start: Start, _ last: LastRecord, next: Int64) {
        ranges.append(
            OpenRange(
                partition: partition,
                topic: start.topic,
                start: start.position.next ?? 0,
                index: ranges.count { $0.topic.carriesOrders == start.topic.carriesOrders },
                last: last,
                next: next
            )
        )
    }

    private mutating func append(_ record: LogRecord, range index: Int) {
        count += 1
        let topic = ranges[index].topic
        do throws(EventError) {
            let event = try decoder.decode(record, topic: topic)
            switch event.change {
            case .order(let id, let change):
                let order = TenantScoped(tenant: event.tenant, id: id)
                let shard = keys.shard(of: order)
                orderBatches[shard].append(change, to: order, range: ranges[index].index, record: record)
            case .target, .person:
                catalogChanges.append(
                    .init(partition: ranges[index].partition, offset: record.offset, event: event)
                )
            }
        } catch {
            refused.append((RefusedRecord(record: record, error: error), topic.carriesOrders))
        }
    }

    /// The changes of orders, a batch for each shard; none where no partition of orders was read any further.
    func batches() -> [QueuedBatch] {
        let closed = closedRanges(carryOrders: true)
        if closed.isEmpty { return [] }
        var batches = orderBatches
        for index in batches.indices { batches[index].orders.ranges = closed }
        batches[0].deadLetters = refused.filter(\.carriesOrders).map(\.record)
        batches[batches.count - 1].isLast = true
        return batches
    }

    /// The changes of targets and people; nil where none of their partitions was read any further.
    func catalogChange() -> CatalogRead? {
        let closed = closedRanges(carryOrders: false)
        if closed.isEmpty { return nil }
        return CatalogRead(
            changes: catalogChanges,
            ranges: closed,
            deadLetters: refused.filter { !$0.carriesOrders }.map(\.record)
        )
    }

    private func closedRanges(carryOrders: Bool) -> [OffsetRange] {
        ranges.filter { $0.topic.carriesOrders == carryOrders }.sorted { $0.index < $1.index }.map { range in
            OffsetRange(partition: range.partition, start: range.start, end: range.end)
        }
    }
}

/// Changes of targets and people, applied on their own.
struct CatalogRead {
    let changes: [CatalogBatch.Change]
    let ranges: [OffsetRange]
    let deadLetters: [RefusedRecord]
}

extension Topic {
    /// Orders and their allocations are derived and posted; targets and people go into the catalog.
    var carriesOrders: Bool { self == .orders || self == .allocations }
}

extension LogRecord {
    /// Whether it is in this partition.
    fileprivate func isIn(_ other: TopicPartition) -> Bool { partition == other.partition && topic == other.topic }
}
