package import Ledger
package import Log
package import SalesRules

/// The state that results from the log up to exactly the cursors that were read from Redis. Events beyond the cursors
/// wait.
package final class LogFold {
    /// The partitions. Other properties and methods name a partition by its place in this array.
    package let partitions: [TopicPartition]
    /// All partitions that exist, folded or not.
    let known: Set<TopicPartition>
    /// The orders, by shard.
    package let orders: [OrderFold]
    /// The targets and people.
    package private(set) var catalog = CatalogFold()
    private let keys: KeySpace
    /// By shard and partition: the cursor up to which events are folded.
    private var cursors: [[Int64]]
    /// By shard and partition: the offset after the last folded event.
    private var done: [[Int64]]
    private var waiting: [[[Waiting]]]
    /// By shard: the records that are not applied because of a sum.
    private var refused: [Set<String>]
    /// By partition: the offset after the last record that was read.
    private var read: [Int64]
    /// By partition: the highest of its cursors.
    private var highest: [Int64]
    private let isCatalog: [Bool]
    /// Whether targets and people are folded too.
    var hasCatalog: Bool { isCatalog.contains(true) }
    /// The number of events that wait for the cursors of their shards.
    package private(set) var waitingCount = 0

    private struct Waiting {
        let offset: Int64
        let event: Event
    }

    /// An empty fold.
    /// - Parameters:
    ///   - partitions: the partitions to fold.
    ///   - known: all partitions that exist.
    ///   - folder: the folder for the temporary file.
    package init(
        partitions: [TopicPartition],
        known: Set<TopicPartition>,
        catalogTopics: Set<String>,
        settings: LedgerSettings,
        folder: String
    ) throws {
        self.partitions = partitions
        self.known = known
        isCatalog = partitions.map { catalogTopics.contains($0.topic) }
        keys = settings.keys
        let file = try SpillFile(in: folder)
        orders = (0..<settings.shards).map { OrderFold(shard: $0, rules: settings.rules, file: file) }
        cursors = Array(repeating: Array(repeating: 0, count: partitions.count), count: settings.shards)
        done = cursors
        refused = Array(repeating: [], count: settings.shards)
        read = cursors[0]
        highest = cursors[0]
        waiting = Array(repeating: Array(repeating: [], count: partitions.count), count: settings.shards)
    }

    /// Starts a shard at these cursors instead of offset 0, for entries that are loaded from Redis.
    package func start(shard: Int, at offsets: [Int64]) {
        cursors[shard] = offsets
        done[shard] = offsets
        read = offsets.indices.map { partition in cursors.map { $0[partition] }.min() ?? 0 }
        highest = offsets.indices.map { partition in cursors.map { $0[partition] }.max() ?? 0 }
    }

    /// Loads an entry from Redis. It must be as of the cursors up to which its shard is folded.
    package func load(_ entry: OrderEntry, of order: TenantScoped, shard: Int) throws {
        try orders[shard].load(entry, of: order)
    }

    /// The next offset to read.
    package func position(_ partition: Int) -> Int64 { read[partition] }

    /// Whether a shard's cursor is beyond the records that were read of a partition.
    package func needsMore(_ partition: Int) -> Bool { highest[partition] > read[partition] }

    /// The highest cursor of a partition.
    package func highestCursor(_ partition: Int) -> Int64 { highest[partition] }

    /// Adds a record that was read. It is folded once the cursor of its shard is beyond it.
    /// - Parameter event: nil for a record that a worker writes to the dead-letter topic.
    package func take(_ event: Event?, partition: Int, offset: Int64) throws {
        read[partition] = max(read[partition], offset + 1)
        guard let event else { return }
        var shard = 0
        if case .order(let id, _) = event.change {
            shard = keys.shard(of: TenantScoped(tenant: event.tenant, id: id))
        }
        if offset < done[shard][partition] { return }
        if offset < cursors[shard][partition] { return try fold(event, partition: partition, offset, shard: shard) }
        waiting[shard][partition].append(Waiting(offset: offset, event: event))
        waitingCount += 1
    }

    /// Records that everything before `offset` was read, also where there are no records.
    package func passed(_ partition: Int, upTo offset: Int64) { read[partition] = max(read[partition], offset) }

    /// Drops the waiting events of a partition, which must be read again. Folded events stay.
    package func forget(_ partition: Int) {
        for shard in waiting.indices {
            waitingCount -= waiting[shard][partition].count
            waiting[shard][partition] = []
            // Only shard 0 keeps the cursors of targets and people.
            if isCatalog[partition], shard > 0 { continue }
            read[partition] = min(read[partition], cursors[shard][partition])
        }
    }

    /// Sets which records a shard has not applied because of a sum (``KeySpace/refusedRecord(_:offset:)``).
    package func passOver(_ refused: Set<String>, shard: Int) { self.refused[shard] = refused }

    /// Sets the cursors of a shard, and folds the waiting events before them.
    /// - Throws: ``CursorMovedBack`` if a cursor is lower than before.
    package func advance(shard: Int, to offsets: [Int64]) throws {
        for (partition, offset) in offsets.enumerated() where offset != cursors[shard][partition] {
            guard offset > cursors[shard][partition] else {
                throw CursorMovedBack(partition: partitions[partition], from: cursors[shard][partition], to: offset)
            }
            cursors[shard][partition] = offset
            highest[partition] = max(highest[partition], offset)
            let events = waiting[shard][partition]
            let end = events.firstIndex { $0.offset >= offset } ?? events.endIndex
            for item in events[..<end] { try fold(item.event, partition: partition, item.offset, shard: shard) }
            waiting[shard][partition].removeFirst(end)
            waitingCount -= end
        }
    }

    private func fold(_ event: Event, partition: Int, _ offset: Int64, shard: Int) throws {
        done[shard][partition] = offset + 1
        if !refused[shard].isEmpty {
            let record = KeySpace.refusedRecord(partitions[partition], offset: offset)
            if refused[shard].contains(record) { return }
        }
        switch event.change {
        case .order(let id, let change):
            try orders[shard].apply(
                change,
                to: TenantScoped(tenant: event.tenant, id: id),
                isRestated: event.isRestated,
                at: OrderFold.RecordPlace(partition: UInt16(partition), offset: offset)
            )
        case .target(let id, let change):
            catalog.apply(change, to: TenantScoped(tenant: event.tenant, id: id), isRestated: event.isRestated)
        case .person(let id, let change):
            catalog.apply(change, to: TenantScoped(tenant: event.tenant, id: id), isRestated: event.isRestated)
        }
    }

    /// The position of the last event of an order; nil if that event was not read.
    func newestPlace(of slot: Int, shard: Int) -> (partition: TopicPartition, offset: Int64)? {
        let place = orders[shard].newestPlace(of: slot)
        guard place.offset >= 0, Int(place.partition) < partitions.count else { return nil }
        return (partitions[Int(place.partition)], place.offset)
    }
}

/// A cursor in Redis moved back during the verification.
package struct CursorMovedBack: Error, Sendable, CustomStringConvertible {
    let partition: TopicPartition
    let from: Int64
    let to: Int64

    package var description: String {
        "Redis lost data while it was being verified (\(partition) moved back from \(from) to \(to)): "
            + "it was restarted or failed over. The workers are repairing it: run this command again later"
    }
}
