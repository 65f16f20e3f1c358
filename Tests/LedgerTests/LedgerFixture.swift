import Ledger
import Log
import Model
import Redis
import SalesRules

/// Applies orders and targets to a Redis over one connection, one batch at a time.
struct LedgerFixture {
    let connection: RedisConnection
    let settings: LedgerSettings
    private var offsets: [TopicPartition: Int] = [:]
    var catalogs = Catalogs()

    static let tenant = id("acme")
    static let orders = TopicPartition(topic: "sales.orders", partition: 0)
    static let targets = TopicPartition(topic: "sales.targets", partition: 0)

    init(_ connection: RedisConnection, _ settings: LedgerSettings = LedgerSettings(rules: Rules())) {
        self.connection = connection
        self.settings = settings
    }

    /// The changes of one shard in these events.
    func batch(_ events: [Event], shard: Int = 0) -> OrderBatch {
        let read = ReadEvents(partition: Self.orders, start: offsets[Self.orders, default: 0], events: events)
        return OrderBatch(shard: shard, [read], keys: settings.keys)
    }

    /// Watches and reads what the batch needs.
    func read(_ batch: OrderBatch) async throws -> OrderReads.Snapshot {
        var pipeline = RedisPipeline()
        batch.reads(settings).append(to: &pipeline)
        return try batch.reads(settings).snapshot(from: try await connection.send(pipeline)[...])
    }

    func post(_ posting: Posting) async throws -> Posting.Outcome {
        try Posting.outcome(of: try await connection.send(posting.transaction()))
    }

    /// Lets the connection be admitted, once.
    mutating func admit() async throws {
        if catalogs.view == nil { catalogs = Catalogs(view: try await Admission.admit(connection, settings)) }
    }

    /// Applies events of orders and allocations in one batch.
    mutating func apply(_ events: [Event]) async throws {
        try await admit()
        for shard in 0..<settings.shards {
            let batch = batch(events, shard: shard)
            let snapshot = try await read(batch)
            _ = try await post(try batch.posting(on: snapshot, catalogs: catalogs, settings: settings))
        }
        offsets[Self.orders, default: 0] += events.count
    }

    mutating func save(_ order: Order, _ allocations: [Allocation] = [], version: RecordVersion? = nil) async throws {
        try await apply([Self.saved(order, allocations, version: version)])
    }

    /// Saves or deletes targets in one batch, and refreshes the catalog.
    mutating func change(_ changes: [(Identifier, TargetChange)]) async throws {
        try await admit()
        let offset = offsets[Self.targets, default: 0]
        let events = changes.map { Event(tenant: Self.tenant, .target($0.0, $0.1)) }
        let read = ReadEvents(partition: Self.targets, start: offset, events: events)
        let batch = CatalogBatch(read.changes, ranges: [read.range], settings: settings)
        let snapshot = try batch.snapshot(from: try await connection.send(batch.reads()))
        offsets[Self.targets] = offset + changes.count
        let replies = try await connection.send(batch.transaction(on: snapshot))
        _ = try Posting.outcome(of: replies)
        try await catalogs.refresh(from: connection, keys: settings.keys)
    }

    mutating func save(_ target: Target) async throws {
        try await change([(target.id, .saved(target))])
    }

    static func saved(_ order: Order, _ allocations: [Allocation] = [], version: RecordVersion? = nil) -> Event {
        Event(tenant: tenant, .order(order.id, .saved(order, listed: allocations, version: version)))
    }
}

func order(_ name: String, owner: String = "own", total: Int64 = 100_00, date: String = "2026-03-14") -> Order {
    Order(id: id(name), owner: id(owner), total: Decimal(units: total, scale: 2), currency: .euro, date: Day(date)!)
}

/// A revenue target for the year 2026.
func target(_ name: String, _ assignees: String..., goal: Int64 = 1_000_00, version: RecordVersion? = nil) -> Target {
    Target(
        id: id(name),
        measure: .revenue,
        goal: goal,
        period: Period(start: Day("2026-01-01")!, end: Day("2026-12-31")!)!,
        assignees: assignees.map { id($0) },
        version: version
    )!
}

/// An allocation of 50 % to ann.
let half = Allocation(
    id: id("A-1"),
    salesperson: id("ann"),
    limit: .percent(Percent(tenThousandths: 500_000)!)
)
