import Ledger
import Model
import Redis
import SalesRules

/// Applies partitions of a log as a worker's lane does, in random batches, and counts earlier orders in at random
/// moments. A turn either reads and prepares or posts, so that two drivers can be made to get in each other's way.
final class Driver {
    let connection: RedisConnection
    let settings: LedgerSettings
    private(set) var catalogs = Catalogs()
    private(set) var lostRaces = 0
    private let log: Log
    private let partitions: [LogPartition]
    private let batchSize: Int
    private let countsEarlierOrders: Bool
    private var random: SeededGenerator
    private var positions: [LogPartition: Int] = [:]
    private var units: [Unit] = []
    private var transaction: RedisPipeline?
    private var pass: CountingPass?

    private enum Unit {
        case orders(OrderUnit)
        case catalog(CatalogBatch, [Stretch])
    }

    /// - Parameter partitions: those it applies, and nobody else unless a test is about that.
    init(
        _ connection: RedisConnection,
        _ log: Log,
        _ partitions: [LogPartition],
        settings: LedgerSettings,
        seed: UInt64,
        batchSize: Int = 80,
        countsEarlierOrders: Bool = true
    ) {
        self.connection = connection
        self.log = log
        self.partitions = partitions
        self.settings = settings
        self.batchSize = batchSize
        self.countsEarlierOrders = countsEarlierOrders
        random = SeededGenerator(seed: seed)
    }

    var isDone: Bool { units.isEmpty && rest.isEmpty }

    private var rest: [LogPartition] {
        partitions.filter { positions[$0, default: 0] < log.partitions[$0, default: []].count }
    }

    /// Applies everything, and counts earlier orders in until there is nothing to count.
    func run() async throws {
        _ = try await LedgerDoor.enter(connection, settings)
        while !isDone { try await turn() }
        try await finishCounting()
    }

    /// Reads and prepares the next unit, or posts the one that is prepared.
    func turn() async throws {
        if let transaction {
            self.transaction = nil
            switch try Posting.outcome(of: try await connection.send(transaction)) {
            case .applied: units.removeFirst()
            case .lostRace: lostRaces += 1
            }
            return
        }
        if countsEarlierOrders, random.chance(120) { return try await count() }
        if units.isEmpty { units = nextUnits() }
        switch units.first {
        case .orders(let unit): try await prepare(unit)
        case .catalog(let batch, let stretches): try await prepare(batch, stretches)
        case nil: break
        }
    }

    private func prepare(_ unit: OrderUnit) async throws {
        var pipeline = RedisPipeline()
        unit.reads(settings).append(to: &pipeline)
        let snapshot = try unit.reads(settings).snapshot(from: try await connection.send(pipeline)[...])
        if unit.shard == 0 ? snapshot.revision != catalogs.revision : snapshot.revision > catalogs.revision {
            return try await refresh()
        }
        transaction = unit.posting(on: snapshot, catalogs: catalogs, settings: settings).transaction()
    }

    private func prepare(_ batch: CatalogBatch, _ stretches: [Stretch]) async throws {
        let snapshot = try batch.snapshot(from: try await connection.send(batch.reads()))
        var cursors: [LogPartition: Cursor] = [:]
        for (stretch, applied) in zip(stretches, snapshot.cursors) where (applied?.next ?? 0) < stretch.cursor.next {
            cursors[stretch.partition] = stretch.cursor
        }
        transaction = batch.transaction(on: snapshot, cursors: cursors)
    }

    private func nextUnits() -> [Unit] {
        guard let first = rest.randomElement(using: &random) else { return [] }
        let alike = rest.filter { $0.carriesOrders == first.carriesOrders }
        let chosen = alike.shuffled(using: &random).prefix(Int.random(in: 1...3, using: &random))
        let stretches = chosen.map { partition in
            let from = positions[partition, default: 0]
            let events = log.partitions[partition, default: []]
            let end = min(events.count, from + (random.chance(300) ? 1 : Int.random(in: 1...batchSize, using: &random)))
            positions[partition] = end
            return Stretch(partition: partition, from: from, events: Array(events[from..<end]))
        }
        if first.carriesOrders {
            return (0..<settings.shards).map { .orders(OrderUnit(shard: $0, stretches, keys: settings.keys)) }
        }
        let changes = stretches.flatMap { stretch in
            stretch.events.enumerated().map {
                CatalogBatch.Change(
                    partition: stretch.partition,
                    offset: Int64(stretch.from + $0.offset),
                    event: $0.element
                )
            }
        }
        return [.catalog(CatalogBatch(changes, partitions: chosen.map(\.self), settings: settings), stretches)]
    }

    func refresh() async throws {
        try await catalogs.refresh(from: connection, keys: settings.keys)
        _ = try await connection.send("UNWATCH")
    }

    private func count() async throws {
        if pass == nil {
            let jobs = try await CountingPass.jobs(in: connection, keys: settings.keys)
            let sorted = jobs.sorted { $0.key.description < $1.key.description }
            guard let (key, job) = sorted.randomElement(using: &random) else { return }
            pass = CountingPass(of: key, job: job, settings: settings)
        }
        var pass = pass!
        do {
            self.pass = try await pass.step(on: connection, catalogs: catalogs) ? nil : pass
        } catch {
            guard case .catalogMoved = error else { throw error }
            self.pass = pass
            try await refresh()
        }
    }

    private func finishCounting() async throws {
        try await refresh()
        for _ in 0..<100_000 {
            try await count()
            let jobs = try await CountingPass.jobs(in: connection, keys: settings.keys)
            if jobs.isEmpty, pass == nil { return }
        }
        throw NeverCountedIn()
    }
}

/// The counting of earlier orders does not come to an end.
struct NeverCountedIn: Error {}
