package import Ledger
package import Log
package import SalesRules

/// What the log says, folded up to exactly the cursors that were read from Redis. What was read beyond them waits.
package final class LogFold {
    /// The partitions, each known by its place here.
    package let partitions: [TopicPartition]
    /// Those that exist, folded or not.
    let known: Set<TopicPartition>
    /// The orders, by shard.
    package let orders: [OrderFold]
    /// The targets and people.
    package private(set) var catalog = CatalogFold()
    private let keys: KeySpace
    /// By shard and partition: the cursor that is folded up to.
    private var goals: [[Int64]]
    /// By shard and partition: behind the last event folded.
    private var done: [[Int64]]
    private var waiting: [[[Waiting]]]
    /// By partition: behind the last record read.
    private var read: [Int64]
    /// By partition: the highest of the cursors that are folded up to.
    private var highest: [Int64]
    private let isCatalog: [Bool]
    /// How many events wait for the cursors of their shards.
    package private(set) var waitingCount = 0

    private struct Waiting {
        let offset: Int64
        let event: Event
    }

    /// A fold of nothing.
    /// - Parameter folder: where the temporary file is.
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
        goals = Array(repeating: Array(repeating: 0, count: partitions.count), count: settings.shards)
        done = goals
        read = goals[0]
        highest = goals[0]
        waiting = Array(repeating: Array(repeating: [], count: partitions.count), count: settings.shards)
    }

    /// Begins a shard at these cursors instead of the beginning, for entries that are taken from Redis.
    package func start(shard: Int, at offsets: [Int64]) {
        goals[shard] = offsets
        done[shard] = offsets
        read = offsets.indices.map { partition in goals.map { $0[partition] }.min() ?? 0 }
        highest = offsets.indices.map { partition in goals.map { $0[partition] }.max() ?? 0 }
    }

    /// Takes an entry as Redis has it, at the cursors its shard is folded up to.
    package func load(_ entry: OrderEntry, of order: TenantScoped, shard: Int) throws {
        try orders[shard].load(entry, of: order)
    }

    /// Where reading of a partition goes on.
    package func position(_ partition: Int) -> Int64 { read[partition] }

    /// Whether a shard's cursor is beyond what was read of a partition.
    package func needsMore(_ partition: Int) -> Bool { highest[partition] > read[partition] }

    /// The highest cursor of a partition.
    package func goal(_ partition: Int) -> Int64 { highest[partition] }

    /// Takes in a record that was read: it counts once the cursor of its shard is behind it.
    /// - Parameter event: nil for a record that is a dead letter.
    package func take(_ event: Event?, partition: Int, offset: Int64) throws {
        read[partition] = max(read[partition], offset + 1)
        guard let event else { return }
        var shard = 0
        if case .order(let id, _) = event.change {
            shard = keys.shard(of: TenantScoped(tenant: event.tenant, id: id))
        }
        if offset < done[shard][partition] { return }
        if offset < goals[shard][partition] { return try fold(event, partition: partition, offset, shard: shard) }
        waiting[shard][partition].append(Waiting(offset: offset, event: event))
        waitingCount += 1
    }

    /// Everything up to here was read, whether there were records or not.
    package func passed(_ partition: Int, upTo offset: Int64) { read[partition] = max(read[partition], offset) }

    /// Drops what waits of a partition, to be read again; what is folded of it stays.
    package func forget(_ partition: Int) {
        for shard in waiting.indices {
            waitingCount -= waiting[shard][partition].count
            waiting[shard][partition] = []
            // Only shard 0 keeps the cursors of targets and people.
            if isCatalog[partition], shard > 0 { continue }
            read[partition] = min(read[partition], goals[shard][partition])
        }
    }

    /// Sets how far a shard is to be folded, and folds what waits below.
    /// - Throws: ``CursorMovedBack`` when a cursor is lower than it was.
    package func advance(shard: Int, to offsets: [Int64]) throws {
        for (partition, offset) in offsets.enumerated() where offset != goals[shard][partition] {
            guard offset > goals[shard][partition] else {
                throw CursorMovedBack(partition: partitions[partition], from: goals[shard][partition], to: offset)
            }
            goals[shard][partition] = offset
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
        switch event.change {
        case .order(let id, let change):
            try orders[shard].apply(
                change,
                to: TenantScoped(tenant: event.tenant, id: id),
                at: OrderFold.RecordPlace(partition: UInt16(partition), offset: offset)
            )
        case .target(let id, let change):
            catalog.apply(change, to: TenantScoped(tenant: event.tenant, id: id))
        case .person(let id, let change):
            catalog.apply(change, to: TenantScoped(tenant: event.tenant, id: id))
        }
    }

    /// Where the log last said something of an order; nil when that was not read.
    func newestPlace(of slot: Int, shard: Int) -> (partition: TopicPartition, offset: Int64)? {
        let place = orders[shard].newestPlace(of: slot)
        guard place.offset >= 0, Int(place.partition) < partitions.count else { return nil }
        return (partitions[Int(place.partition)], place.offset)
    }
}

/// Redis came back older than it was while it was being verified.
package struct CursorMovedBack: Error, Sendable, CustomStringConvertible {
    let partition: TopicPartition
    let from: Int64
    let to: Int64

    package var description: String {
        "Redis went back while it was being verified (\(partition) from \(from) to \(to)): "
            + "it was restarted or failed over, and the workers are mending it; run this again"
    }
}
