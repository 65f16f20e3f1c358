import Ledger
import Redis
import SalesRules
import Testing

/// Puts events into a Redis as a worker does, without a log: first those of targets and people, then those of orders.
struct EventSink {
    let connection: RedisConnection
    let settings: LedgerSettings

    /// - Parameter counts: whether earlier orders are counted into shared targets, as a worker does in the background.
    func apply(_ events: [Event], counts: Bool = true) async throws {
        _ = try await LedgerDoor.enter(connection, settings)
        try await applyCatalog(events.filter { if case .order = $0.change { false } else { true } })
        var catalogs = Catalogs()
        try await catalogs.refresh(from: connection, keys: settings.keys)
        for shard in 0..<settings.shards { try await applyOrders(events, shard: shard, catalogs) }
        for (key, job) in try await CountingPass.jobs(in: connection, keys: settings.keys) where counts {
            var pass = CountingPass(of: key, job: job, settings: settings)
            while try await !pass.step(on: connection, catalogs: catalogs) {}
        }
    }

    private func applyCatalog(_ events: [Event]) async throws {
        if events.isEmpty { return }
        let nowhere = LogPartition(topic: "test", partition: 0)
        let changes = events.map { CatalogBatch.Change(partition: nowhere, offset: 0, event: $0) }
        let batch = CatalogBatch(changes, partitions: [], settings: settings)
        let snapshot = try batch.snapshot(from: try await connection.send(batch.reads()))
        let replies = try await connection.send(batch.transaction(on: snapshot, cursors: [:]))
        try #require(try Posting.outcome(of: replies) == .applied)
    }

    private func applyOrders(_ events: [Event], shard: Int, _ catalogs: Catalogs) async throws {
        var changes: [TenantScoped: [OrderChange]] = [:]
        for event in events {
            guard case .order(let id, let change) = event.change else { continue }
            let key = TenantScoped(tenant: event.tenant, id: id)
            if settings.keys.shard(of: key) == shard { changes[key, default: []].append(change) }
        }
        let orders = Array(changes.keys)
        let reads = OrderReads(shard: shard, partitions: [], orders: orders, settings: settings)
        var pipeline = RedisPipeline()
        reads.append(to: &pipeline)
        let snapshot = try reads.snapshot(from: try await connection.send(pipeline)[...])
        var posting = Posting(shard: shard, settings: settings)
        if snapshot.revision < catalogs.revision { posting.raiseRevision(to: catalogs.revision) }
        for (order, before) in zip(orders, snapshot.entries) {
            var after = before
            for change in changes[order] ?? [] { _ = try after.apply(change) }
            posting.move(order, from: before, to: after, catalogs: catalogs)
        }
        try #require(try Posting.outcome(of: try await connection.send(posting.transaction())) == .applied)
    }
}
