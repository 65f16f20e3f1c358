internal import Events
internal import Kafka
internal import Ledger
internal import SalesRules

/// The records read in one go, decoded while Redis works on those before.
struct Batch {
    private let decoder: EventDecoder
    private let keys: KeySpace
    /// One for each shard, so that every shard's cursor moves with every batch.
    private let orderUnits: [WorkUnit]
    private var stretches: [OpenStretch] = []
    private var catalogChanges: [CatalogBatch.Change] = []
    private var refused: [(record: RefusedRecord, carriesOrders: Bool)] = []
    /// How many records it holds.
    private(set) var count = 0

    /// What was read of one partition so far.
    private struct OpenStretch {
        let partition: LogPartition
        let topic: Topic
        let from: Int64
        /// Its place among the stretches that carry what it carries.
        let place: Int
        var last: LastRecord
        var next: Int64

        mutating func append(_ record: KafkaRecord) {
            last = .read(record)
            next = record.offset + 1
        }

        /// Where it ends.
        var cursor: Cursor {
            switch last {
            case .read(let record): Cursor(next: next, last: Cursor.Fingerprint(record))
            case .known(let fingerprint): Cursor(next: next, last: fingerprint)
            }
        }

        mutating func close() { last = .known(cursor.last) }
    }

    private enum LastRecord {
        case read(KafkaRecord)
        /// Of a batch that is closed, or one that has no record of the partition: the last before.
        case known(Cursor.Fingerprint)
    }

    /// What reading of a partition goes on from.
    struct Start {
        let topic: Topic
        let position: Position
    }

    /// Up to where a partition was read.
    struct Position {
        var next: Int64 = 0
        /// The last record before; nil where there was none.
        var last: Cursor.Fingerprint?
    }

    init(decoder: EventDecoder, keys: KeySpace) {
        self.decoder = decoder
        self.keys = keys
        orderUnits = (0..<keys.shards).map { WorkUnit(shard: $0) }
    }

    /// Nothing is appended any more: the checksum of each partition's last record is worked out, once.
    mutating func close() { for place in stretches.indices { stretches[place].close() } }

    /// Where each partition goes on after the batch.
    var positions: some Sequence<(partition: LogPartition, position: Position)> {
        stretches.lazy.map { ($0.partition, Position($0.cursor)) }
    }

    /// Decodes a record and takes it in; one that cannot be read becomes a dead letter when the batch is applied.
    /// - Parameter start: asked once for each partition; nil for one that is not ours, whose record is left out.
    mutating func append(_ record: KafkaRecord, start: (LogPartition) -> Start?) {
        // The records of a partition come in runs.
        if let current = stretches.indices.last, record.lies(in: stretches[current].partition) {
            stretches[current].append(record)
            return append(record, stretch: current)
        }
        let partition = LogPartition(record)
        if let known = stretches.firstIndex(where: { $0.partition == partition }) {
            // Found at once the next time.
            stretches.append(stretches.remove(at: known))
            stretches[stretches.count - 1].append(record)
        } else {
            guard let start = start(partition) else { return }
            open(partition, start, .read(record), next: record.offset + 1)
        }
        append(record, stretch: stretches.count - 1)
    }

    /// Takes in that a partition was read to its end, which lies beyond its last record where transactions end with
    /// markers: without it, a log to which nothing more is written would seem to be behind for ever.
    mutating func reach(_ end: Int64, of partition: LogPartition, start: (LogPartition) -> Start?) {
        if let known = stretches.firstIndex(where: { $0.partition == partition }) {
            stretches[known].next = max(stretches[known].next, end)
            return
        }
        guard let start = start(partition), let last = start.position.last, start.position.next < end else { return }
        open(partition, start, .known(last), next: end)
    }

    private mutating func open(_ partition: LogPartition, _ start: Start, _ last: LastRecord, next: Int64) {
        stretches.append(
            OpenStretch(
                partition: partition,
                topic: start.topic,
                from: start.position.next,
                place: stretches.count { $0.topic.carriesOrders == start.topic.carriesOrders },
                last: last,
                next: next
            )
        )
    }

    private mutating func append(_ record: KafkaRecord, stretch index: Int) {
        count += 1
        let topic = stretches[index].topic
        do throws(EventError) {
            let event = try decode(record, topic: topic)
            switch event.change {
            case .order(let id, let change):
                let order = TenantScoped(tenant: event.tenant, id: id)
                let mayBeRefused = if case .allocationSaved = change { true } else { false }
                orderUnits[keys.shard(of: order)].append(
                    change,
                    to: order,
                    stretch: stretches[index].place,
                    offset: record.offset,
                    record: mayBeRefused ? record : nil
                )
            case .target, .person:
                catalogChanges.append(
                    .init(partition: stretches[index].partition, offset: record.offset, event: event)
                )
            }
        } catch {
            refused.append((RefusedRecord(record: record, error: error), topic.carriesOrders))
        }
    }

    private func decode(_ record: KafkaRecord, topic: Topic) throws(EventError) -> Event {
        let headers = record.hasHeaders ? record.headers.map { Header(name: $0.name, value: $0.value) } : []
        return try record.withKey { (key) throws(EventError) in
            try record.withValue { (value) throws(EventError) in
                try decoder.decode(topic: topic, key: key, value: value, headers: headers)
            }
        }
    }

    /// The order events, a unit for each shard; none where no partition of orders got any further.
    func units() -> [WorkUnit] {
        let closed = closedStretches(carryOrders: true)
        if closed.isEmpty { return [] }
        for unit in orderUnits { unit.stretches = closed }
        orderUnits.first?.deadLetters = refused.filter(\.carriesOrders).map(\.record)
        orderUnits.last?.isLast = true
        return orderUnits
    }

    /// The target and people events, with the records that could not be read; nil where none of their partitions got any
    /// further.
    func catalogUnit() -> CatalogUnit? {
        let closed = closedStretches(carryOrders: false)
        if closed.isEmpty { return nil }
        return CatalogUnit(
            changes: catalogChanges,
            stretches: closed,
            deadLetters: refused.filter { !$0.carriesOrders }.map(\.record)
        )
    }

    private func closedStretches(carryOrders: Bool) -> [WorkUnit.Stretch] {
        stretches.filter { $0.topic.carriesOrders == carryOrders }.sorted { $0.place < $1.place }.map { stretch in
            WorkUnit.Stretch(partition: stretch.partition, from: stretch.from, cursor: stretch.cursor)
        }
    }
}

extension Batch.Position {
    init(_ cursor: Cursor) { self.init(next: cursor.next, last: cursor.last) }
}

extension Cursor.Fingerprint {
    fileprivate init(_ record: KafkaRecord) {
        let fingerprint = record.fingerprint
        self.init(offset: fingerprint.offset, checksum: fingerprint.checksum)
    }
}

/// Target and people events, applied on their own.
struct CatalogUnit {
    let changes: [CatalogBatch.Change]
    let stretches: [WorkUnit.Stretch]
    let deadLetters: [RefusedRecord]
}

extension Topic {
    /// Orders and their allocations go through the ledger's step; targets and people into the catalog.
    var carriesOrders: Bool { self == .orders || self == .allocations }
}
