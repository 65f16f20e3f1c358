internal import Events
internal import Kafka
internal import Ledger
internal import SalesTargets

/// The records read in one go, decoded while Redis works on those before.
struct Batch {
    private let decoder: EventDecoder
    private let keys: KeySpace
    private var order: [LogPartition] = []
    private var ranges: [LogPartition: Range] = [:]
    private var orderChanges: [(event: Event, place: Int, offset: Int64, record: KafkaRecord?)] = []
    private var catalogChanges: [CatalogBatch.Change] = []
    private var refused: [RefusedRecord] = []
    /// How many records it holds.
    private(set) var count = 0

    private struct Range {
        let place: Int
        let topic: Topic
        let from: Int64
        var last: KafkaRecord
    }

    init(decoder: EventDecoder, keys: KeySpace) {
        self.decoder = decoder
        self.keys = keys
    }

    /// Decodes a record and takes it in; one that cannot be read becomes a dead letter when the batch is applied.
    /// - Parameter from: the offset that reading of its partition went on from.
    mutating func append(_ record: KafkaRecord, topic: Topic, from: Int64) {
        count += 1
        let partition = LogPartition(record)
        let place: Int
        if let known = ranges[partition]?.place {
            place = known
            ranges[partition]?.last = record
        } else {
            place = order.count
            order.append(partition)
            ranges[partition] = Range(place: place, topic: topic, from: from, last: record)
        }
        do throws(EventError) {
            let event = try decode(record, topic: topic)
            switch event.change {
            case .order(_, let change):
                let keepsRecord = if case .allocationSaved = change { true } else { false }
                orderChanges.append((event, place, record.offset, keepsRecord ? record : nil))
            case .target, .person:
                catalogChanges.append(.init(partition: partition, offset: record.offset, event: event))
            }
        } catch {
            refused.append(RefusedRecord(record: record, error: error))
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

    /// One unit for each shard, so that every shard's cursor moves with every batch; none without order records.
    func units() -> [WorkUnit] {
        let places = order.filter { ranges[$0]?.topic.carriesOrders == true }
        if places.isEmpty { return [] }
        let stretches = self.stretches(of: places)
        // Where a partition's stretch is among those with orders.
        let stretchAt = order.map { partition in places.firstIndex(of: partition) ?? 0 }
        let units = (0..<keys.shards).map { WorkUnit(shard: $0, stretches: stretches) }
        for change in orderChanges {
            guard case .order(let id, let orderChange) = change.event.change else { continue }
            let key = TenantScoped(tenant: change.event.tenant, id: id)
            units[keys.shard(of: key)].append(
                orderChange,
                to: key,
                stretch: stretchAt[change.place],
                offset: change.offset,
                record: change.record
            )
        }
        units.first?.deadLetters = refused.filter { ranges[LogPartition($0.record)]?.topic.carriesOrders == true }
        units.last?.isLast = true
        return units
    }

    /// The target and people events, with the records that could not be read; nil when there are neither.
    func catalogUnit() -> CatalogUnit? {
        let partitions = order.filter { ranges[$0]?.topic.carriesOrders == false }
        if partitions.isEmpty { return nil }
        return CatalogUnit(
            changes: catalogChanges,
            stretches: stretches(of: partitions),
            deadLetters: refused.filter { ranges[LogPartition($0.record)]?.topic.carriesOrders == false }
        )
    }

    private func stretches(of partitions: [LogPartition]) -> [WorkUnit.Stretch] {
        partitions.compactMap { partition in
            guard let range = ranges[partition] else { return nil }
            let fingerprint = range.last.fingerprint
            return WorkUnit.Stretch(
                partition: partition,
                from: range.from,
                cursor: Cursor(
                    next: range.last.offset + 1,
                    last: .init(offset: fingerprint.offset, checksum: fingerprint.checksum)
                )
            )
        }
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
