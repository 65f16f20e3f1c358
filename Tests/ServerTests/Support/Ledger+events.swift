import Ledger
import Log
import Redis
import SalesRules
import Testing

/// Applies events to a Redis as a worker does, without a log: first targets and people, then orders.
struct EventSink {
    let connection: RedisConnection
    let settings: LedgerSettings
    private static let nowhere = TopicPartition(topic: "test", partition: 0)
    /// The cursor before the first record: a range that ends here moves no cursor.
    private static let beginning = Cursor(next: 0, last: Fingerprint(offset: -1, checksum: 0))

    /// - Parameter counts: whether to count earlier orders into shared targets, as a worker does in the background.
    func apply(_ events: [Event], counts: Bool = true) async throws {
        _ = try await Admission.admit(connection, settings)
        try await applyCatalog(events.filter { if case .order = $0.change { false } else { true } })
        var catalogs = Catalogs()
        try await catalogs.refresh(from: connection, keys: settings.keys)
        for shard in 0..<settings.shards { try await applyOrders(events, shard: shard, catalogs) }
        for (key, job) in try await Backfill.jobs(in: connection, keys: settings.keys) where counts {
            var backfill = Backfill(of: key, job: job, settings: settings)
            while try await backfill.step(on: connection, catalogs: catalogs) == .inProgress {}
        }
    }

    private func applyCatalog(_ events: [Event]) async throws {
        if events.isEmpty { return }
        let changes = events.map { CatalogBatch.Change(partition: Self.nowhere, offset: 0, event: $0) }
        let batch = CatalogBatch(changes, ranges: [], settings: settings)
        let snapshot = try batch.snapshot(from: try await connection.send(batch.reads()))
        let replies = try await connection.send(batch.transaction(on: snapshot))
        try #require(try Posting.outcome(of: replies) == .applied)
    }

    private func applyOrders(_ events: [Event], shard: Int, _ catalogs: Catalogs) async throws {
        let batch = OrderBatch(shard: shard)
        for event in events {
            guard case .order(let id, let change) = event.change else { continue }
            let order = TenantScoped(tenant: event.tenant, id: id)
            if settings.keys.shard(of: order) == shard { batch.append(change, to: order, range: 0, offset: 0) }
        }
        batch.ranges = [OffsetRange(partition: Self.nowhere, start: 0, end: Self.beginning)]
        let reads = batch.reads(settings)
        var pipeline = RedisPipeline()
        reads.append(to: &pipeline)
        let snapshot = try reads.snapshot(from: try await connection.send(pipeline)[...])
        guard case .post(let posting, _) = try batch.derive(from: snapshot, catalogs: catalogs, settings: settings)
        else {
            throw LedgerError.catalogChanged
        }
        try #require(try Posting.outcome(of: try await connection.send(posting.transaction())) == .applied)
    }
}
