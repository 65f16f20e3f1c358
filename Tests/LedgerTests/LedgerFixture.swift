import Ledger
import Model
import Redis
import SalesRules

/// One order after the other, and targets, applied to a Redis over one connection.
struct Scene {
    let connection: RedisConnection
    let settings: LedgerSettings
    private var offsets: [LogPartition: Int] = [:]
    var catalogs = Catalogs()

    static let tenant = id("acme")
    static let orders = LogPartition(topic: "sales.orders", partition: 0)
    static let targets = LogPartition(topic: "sales.targets", partition: 0)

    init(_ connection: RedisConnection, _ settings: LedgerSettings = LedgerSettings(rules: Rules())) {
        self.connection = connection
        self.settings = settings
    }

    /// The part of a batch of these events that lies in a shard.
    func unit(_ events: [Event], shard: Int = 0) -> OrderUnit {
        let stretch = Stretch(partition: Self.orders, from: offsets[Self.orders, default: 0], events: events)
        return OrderUnit(shard: shard, [stretch], keys: settings.keys)
    }

    /// Watches and reads what the unit needs.
    func read(_ unit: OrderUnit) async throws -> OrderReads.Snapshot {
        var pipeline = RedisPipeline()
        unit.reads(settings).append(to: &pipeline)
        return try unit.reads(settings).snapshot(from: try await connection.send(pipeline)[...])
    }

    func post(_ posting: Posting) async throws -> Posting.Outcome {
        try Posting.outcome(of: try await connection.send(posting.transaction()))
    }

    /// Comes in through the door, once.
    private mutating func enter() async throws {
        if catalogs.view == nil { catalogs = Catalogs(view: try await LedgerDoor.enter(connection, settings)) }
    }

    /// Applies events of orders and allocations in one batch.
    mutating func apply(_ events: [Event]) async throws {
        try await enter()
        for shard in 0..<settings.shards {
            let unit = unit(events, shard: shard)
            let snapshot = try await read(unit)
            _ = try await post(unit.posting(on: snapshot, catalogs: catalogs, settings: settings))
        }
        offsets[Self.orders, default: 0] += events.count
    }

    mutating func save(_ order: Order, _ allocations: [Allocation] = [], version: Int64? = nil) async throws {
        try await apply([Self.saved(order, allocations, version: version)])
    }

    /// Saves or deletes targets in one batch, and reads the catalog anew.
    mutating func change(_ changes: [(Identifier, TargetChange)]) async throws {
        try await enter()
        let offset = offsets[Self.targets, default: 0]
        let records = changes.enumerated().map {
            CatalogBatch.Change(
                partition: Self.targets,
                offset: Int64(offset + $0.offset),
                event: Event(tenant: Self.tenant, .target($0.element.0, $0.element.1))
            )
        }
        let batch = CatalogBatch(records, partitions: [Self.targets], settings: settings)
        let snapshot = try batch.snapshot(from: try await connection.send(batch.reads()))
        offsets[Self.targets] = offset + changes.count
        let cursors = [Self.targets: cursor(after: offset + changes.count - 1)]
        let replies = try await connection.send(batch.transaction(on: snapshot, cursors: cursors))
        _ = try Posting.outcome(of: replies)
        try await catalogs.refresh(from: connection, keys: settings.keys)
    }

    mutating func save(_ target: Target) async throws {
        try await change([(target.id, .saved(target))])
    }

    static func saved(_ order: Order, _ allocations: [Allocation] = [], version: Int64? = nil) -> Event {
        Event(tenant: tenant, .order(order.id, .saved(order, listed: allocations, version: version)))
    }
}

func order(_ name: String, owner: String = "own", total: Int64 = 100_00, date: String = "2026-03-14") -> Order {
    Order(id: id(name), owner: id(owner), total: total, currency: .euro, date: Day(date)!)
}

/// For the year 2026, of these people.
func target(_ name: String, _ assignees: String..., goal: Int64 = 1_000_00, version: Int64? = nil) -> Target {
    Target(
        id: id(name),
        measure: .revenue,
        goal: goal,
        period: Period(start: Day("2026-01-01")!, end: Day("2026-12-31")!)!,
        assignees: assignees.map { id($0) },
        version: version
    )!
}

/// A half for ann.
let half = Allocation(
    id: id("A-1"),
    salesperson: id("ann"),
    limit: .percent(Percent(tenThousandths: 500_000)!)
)
