import Ledger
import Log
import Model
import Redis
import SalesRules

/// Applies partitions of a log as a worker's lane does, in random batches, and counts earlier orders in at random
/// moments. A turn either reads and prepares or posts, so that two drivers can be made to get in each other's way.
final class LedgerDriver {
    let connection: RedisConnection
    let settings: LedgerSettings
    private(set) var catalogs = Catalogs()
    private(set) var lostRaces = 0
    private let log: PartitionedEvents
    private let partitions: [TopicPartition]
    private let batchSize: Int
    private let countsEarlierOrders: Bool
    private var random: SeededGenerator
    private var positions: [TopicPartition: Int] = [:]
    private var units: [Unit] = []
    private var transaction: RedisPipeline?
    private var pass: Backfill?

    private enum Unit {
        case orders(OrderBatch)
        case catalog(CatalogBatch)
    }

    /// - Parameter partitions: those it applies, and nobody else unless a test is about that.
    init(
        _ connection: RedisConnection,
        _ log: PartitionedEvents,
        _ partitions: [TopicPartition],
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

    private var rest: [TopicPartition] {
        partitions.filter { positions[$0, default: 0] < log.partitions[$0, default: []].count }
    }

    /// Applies everything, and counts earlier orders in until there is nothing to count.
    func run() async throws {
        try await admit()
        while !isDone { try await turn() }
        try await finishCounting()
    }

    /// Is admitted to Redis, as every worker is before its first batch.
    func admit() async throws { catalogs = Catalogs(view: try await Admission.admit(connection, settings)) }

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
        case .orders(let batch): try await prepare(batch)
        case .catalog(let batch): try await prepare(batch)
        case nil: break
        }
    }

    private func prepare(_ batch: OrderBatch) async throws {
        let reads = batch.reads(settings)
        var pipeline = RedisPipeline()
        reads.append(to: &pipeline)
        let snapshot = try reads.snapshot(from: try await connection.send(pipeline)[...])
        switch try batch.derive(from: snapshot, catalogs: catalogs, settings: settings) {
        case .post(let posting, _): transaction = posting.transaction()
        case .refreshCatalog: try await refresh()
        }
    }

    private func prepare(_ batch: CatalogBatch) async throws {
        let snapshot = try batch.snapshot(from: try await connection.send(batch.reads()))
        transaction = batch.transaction(on: snapshot)
    }

    private func nextUnits() -> [Unit] {
        guard let first = rest.randomElement(using: &random) else { return [] }
        let alike = rest.filter { $0.carriesOrders == first.carriesOrders }
        let chosen = alike.shuffled(using: &random).prefix(Int.random(in: 1...3, using: &random))
        let read = chosen.map { partition in
            let from = positions[partition, default: 0]
            let events = log.partitions[partition, default: []]
            let end = min(events.count, from + (random.chance(300) ? 1 : Int.random(in: 1...batchSize, using: &random)))
            positions[partition] = end
            return ReadEvents(partition: partition, start: from, events: Array(events[from..<end]))
        }
        if first.carriesOrders {
            return (0..<settings.shards).map { .orders(OrderBatch(shard: $0, read, keys: settings.keys)) }
        }
        let changes = read.flatMap(\.changes)
        return [.catalog(CatalogBatch(changes, ranges: read.map(\.range), settings: settings))]
    }

    func refresh() async throws {
        try await catalogs.refresh(from: connection, keys: settings.keys)
        _ = try await connection.send("UNWATCH")
    }

    private func count() async throws {
        if pass == nil {
            let jobs = try await Backfill.jobs(in: connection, keys: settings.keys)
            let sorted = jobs.sorted { $0.key.description < $1.key.description }
            guard let (key, job) = sorted.randomElement(using: &random) else { return }
            pass = Backfill(of: key, job: job, settings: settings)
        }
        var pass = pass!
        do {
            self.pass = try await pass.step(on: connection, catalogs: catalogs) ? nil : pass
        } catch {
            guard case .catalogChanged = error else { throw error }
            self.pass = pass
            try await refresh()
        }
    }

    private func finishCounting() async throws {
        try await refresh()
        for _ in 0..<100_000 {
            try await count()
            let jobs = try await Backfill.jobs(in: connection, keys: settings.keys)
            if jobs.isEmpty, pass == nil { return }
        }
        throw NeverCountedIn()
    }
}

/// The counting of earlier orders does not come to an end.
struct NeverCountedIn: Error {}
