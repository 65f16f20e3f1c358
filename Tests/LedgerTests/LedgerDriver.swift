import Ledger
import Log
import Model
import Redis
import SalesRules

/// Applies partitions of a log in random batches, as a lane of a worker does, with backfill steps at random moments.
/// A turn either reads and prepares, or posts. A test can therefore let the postings of two drivers conflict.
final class LedgerDriver {
    let connection: RedisConnection
    let settings: LedgerSettings
    private(set) var catalogs = Catalogs()
    private(set) var lostRaces = 0
    private let log: PartitionedEvents
    private let partitions: [TopicPartition]
    private let batchSize: Int
    private let runsBackfills: Bool
    private var random: SeededGenerator
    private var positions: [TopicPartition: Int] = [:]
    private var batches: [Batch] = []
    private var transaction: RedisPipeline?
    private var backfill: Backfill?

    private enum Batch {
        case orders(OrderBatch)
        case catalog(CatalogBatch)
    }

    /// - Parameter partitions: those that this driver applies.
    init(
        _ connection: RedisConnection,
        _ log: PartitionedEvents,
        _ partitions: [TopicPartition],
        settings: LedgerSettings,
        seed: UInt64,
        batchSize: Int = 80,
        runsBackfills: Bool = true
    ) {
        self.connection = connection
        self.log = log
        self.partitions = partitions
        self.settings = settings
        self.batchSize = batchSize
        self.runsBackfills = runsBackfills
        random = SeededGenerator(seed: seed)
    }

    var isDone: Bool { batches.isEmpty && rest.isEmpty }

    private var rest: [TopicPartition] {
        partitions.filter { positions[$0, default: 0] < log.partitions[$0, default: []].count }
    }

    /// Applies everything, and runs all backfill jobs to their end.
    func run() async throws {
        try await admit()
        while !isDone { try await turn() }
        try await finishBackfills()
    }

    /// Is admitted to Redis, as every worker is before its first batch.
    func admit() async throws { catalogs = Catalogs(view: try await Admission.admit(connection, settings)) }

    /// Reads and prepares the next batch, or posts the prepared one.
    func turn() async throws {
        if let transaction {
            self.transaction = nil
            switch try Posting.outcome(of: try await connection.send(transaction)) {
            case .applied: batches.removeFirst()
            case .lostRace: lostRaces += 1
            }
            return
        }
        if runsBackfills, random.chance(120) { return try await stepBackfill() }
        if batches.isEmpty { batches = nextBatches() }
        switch batches.first {
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
        case .readSums: try await prepare(batch)
        case .refreshCatalog: try await refresh()
        }
    }

    private func prepare(_ batch: CatalogBatch) async throws {
        let snapshot = try batch.snapshot(from: try await connection.send(batch.reads()))
        transaction = batch.transaction(on: snapshot)
    }

    private func nextBatches() -> [Batch] {
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

    private func stepBackfill() async throws {
        if backfill == nil {
            let jobs = try await Backfill.jobs(in: connection, keys: settings.keys)
            let sorted = jobs.sorted { $0.key.description < $1.key.description }
            guard let (key, job) = sorted.randomElement(using: &random) else { return }
            backfill = Backfill(of: key, job: job, settings: settings)
        }
        var current = backfill!
        do throws(LedgerError) {
            backfill = try await current.step(on: connection, catalogs: catalogs) == .inProgress ? current : nil
        } catch {
            guard case .catalogChanged = error else { throw error }
            backfill = current
            try await refresh()
        }
    }

    private func finishBackfills() async throws {
        try await refresh()
        for _ in 0..<100_000 {
            try await stepBackfill()
            let jobs = try await Backfill.jobs(in: connection, keys: settings.keys)
            if jobs.isEmpty, backfill == nil { return }
        }
        throw EndlessBackfill()
    }
}

/// The backfill jobs do not end.
struct EndlessBackfill: Error {}
