internal import Events
internal import Ledger
internal import Log
internal import SalesRules

/// The records of one read. They are decoded while Redis works on the batch before.
struct RecordBatch {
    private let decoder: EventDecoder
    private let keys: KeySpace
    /// One batch for each shard, so that every read moves the cursors of all shards.
    private var orderBatches: [QueuedBatch]
    private var ranges: [OpenRange] = []
    private var catalogChanges: [CatalogBatch.Change] = []
    private var refused: [(record: RefusedRecord, carriesOrders: Bool)] = []
    /// The number of records.
    private(set) var count = 0

    /// What was read of one partition so far.
    private struct OpenRange {
        let partition: TopicPartition
        let topic: Topic
        let start: StartPosition
        /// Its index among the ranges that are applied together: those of orders, or those of the catalog.
        let index: Int
        var last: LastRecord
        var next: Int64
        /// The highest timestamp of its records; -1 without records.
        var newest: Int64 = -1

        mutating func append(_ record: LogRecord) {
            last = .read(record)
            next = record.offset + 1
            newest = max(newest, record.timestamp)
        }

        /// The cursor after the range.
        var end: Cursor {
            let fingerprint =
                switch last {
                case .read(let record): record.fingerprint
                case .known(let fingerprint): fingerprint
                }
            return start.moved(to: next, last: fingerprint, newest: newest)
        }

        /// Computes the checksum of the last record, so that it is computed once.
        mutating func close() { last = .known(end.last) }
    }

    private enum LastRecord {
        case read(LogRecord)
        /// The range is closed, or it has no record and this is the last record before it.
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

    /// Call it after the last record.
    mutating func close() { for index in ranges.indices { ranges[index].close() } }

    /// Where reading of each partition continues after the batch.
    var positions: some Sequence<(partition: TopicPartition, position: StartPosition)> {
        ranges.lazy.map { ($0.partition, .after($0.end)) }
    }

    /// Decodes a record and adds it. A record that cannot be decoded becomes a dead letter when the batch is applied.
    /// - Parameter start: called for the first record of a partition. If it returns nil, the partition is not assigned
    ///   and the record is left out.
    mutating func append(_ record: LogRecord, start: (TopicPartition) -> Start?) {
        // Several records of the same partition usually follow each other.
        if let current = ranges.indices.last, record.isIn(ranges[current].partition) {
            ranges[current].append(record)
            return append(record, range: current)
        }
        let partition = record.topicPartition
        if let known = ranges.firstIndex(where: { $0.partition == partition }) {
            // Moved to the end, so that the next record of the same partition finds it at once.
            ranges.append(ranges.remove(at: known))
            ranges[ranges.count - 1].append(record)
        } else {
            guard let start = start(partition) else { return }
            open(partition, start, .read(record), next: record.offset + 1)
            ranges[ranges.count - 1].newest = max(-1, record.timestamp)
        }
        append(record, range: ranges.count - 1)
    }

    /// Records that a partition was read to its end. The end may be after the last record, because the markers that end
    /// transactions take offsets too. Without this, such a log would always seem to have records that are not applied.
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
                start: start.position,
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
            append(event, record, range: index, event.isRestated ? .restatement : .event)
        } catch {
            refused.append((RefusedRecord(record: record, error: error), topic.carriesOrders))
            if let named = decoder.deletion(namedBy: record, topic: topic) {
                append(named, record, range: index, .refused)
            }
        }
    }

    private mutating func append(_ event: Event, _ record: LogRecord, range index: Int, _ kind: ChangeSource.Kind) {
        switch event.change {
        case .order(let id, let change):
            let order = TenantScoped(tenant: event.tenant, id: id)
            let shard = keys.shard(of: order)
            orderBatches[shard].append(change, to: order, range: ranges[index].index, record: record, kind)
        case .target, .person:
            let source = ChangeSource(kind, record: record)
            catalogChanges.append(
                .init(partition: ranges[index].partition, offset: record.offset, event: event, source: source)
            )
        }
    }

    /// The changes of orders: one batch for each shard, or none if no partition of orders was read further.
    func batches() -> [QueuedBatch] {
        let closed = closedRanges(carryOrders: true)
        if closed.isEmpty { return [] }
        var batches = orderBatches
        for index in batches.indices { batches[index].orders.ranges = closed }
        batches[0].deadLetters = refused.filter(\.carriesOrders).map(\.record)
        batches[batches.count - 1].isLast = true
        return batches
    }

    /// The changes of targets and people; nil if none of their partitions was read further.
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
            OffsetRange(partition: range.partition, start: range.start.next ?? 0, end: range.end)
        }
    }
}

/// The changes of targets and people in one read.
struct CatalogRead {
    let changes: [CatalogBatch.Change]
    let ranges: [OffsetRange]
    let deadLetters: [RefusedRecord]
}

extension Topic {
    /// Whether the topic has the events of orders and allocations, and not those of targets or people.
    var carriesOrders: Bool { self == .orders || self == .allocations }
}

extension LogRecord {
    /// Whether it is in this partition.
    fileprivate func isIn(_ other: TopicPartition) -> Bool { partition == other.partition && topic == other.topic }
}
