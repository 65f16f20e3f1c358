import Ledger
import Log
import Model
import Redis
import RedisTesting
import SalesRules
import Testing

@Suite("A log that lost records which another worker has applied, and was written again")
struct OtherRecordTests {
    private let records = (0..<3).map { offset in
        CopiedRecord(LedgerFixture.orders, offset: offset, key: [], value: [UInt8(offset)], timestamp: offset)
    }
    private let wrong: UInt32 = 1

    private var range: OffsetRange {
        OffsetRange(partition: LedgerFixture.orders, start: 0, end: Cursor(next: 3, last: records[2].fingerprint))
    }

    /// What another worker has applied.
    private func cursor(after record: Int, checksum: UInt32? = nil) -> Cursor {
        let last = records[record].fingerprint
        let known = Fingerprint(offset: last.offset, checksum: checksum ?? last.checksum)
        return Cursor(next: last.offset + 1, last: known)
    }

    @Test("A batch of orders is not posted when Redis has applied another record of it", arguments: [1, 2])
    func orders(record: Int) async throws {
        try await withRedis { server in
            var fixture = LedgerFixture(try await server.connect())
            try await fixture.admit()
            let admitted = fixture
            let batch = OrderBatch(shard: 0)
            for (place, record) in records.enumerated() {
                let order = order("SO-\(place)")
                batch.append(
                    .saved(order, listed: nil, version: nil),
                    to: TenantScoped(tenant: LedgerFixture.tenant, id: order.id),
                    range: 0,
                    offset: record.offset,
                    source: ChangeSource(.event, record: record)
                )
            }
            batch.ranges = [range]
            let key = fixture.settings.keys.cursor(LedgerFixture.orders, shard: 0)
            func derive(_ cursor: Cursor) async throws {
                _ = try await admitted.connection.send("SET", key, cursor.encoded)
                let snapshot = try await admitted.read(batch)
                _ = try batch.derive(from: snapshot, catalogs: admitted.catalogs, settings: admitted.settings)
            }
            try await derive(cursor(after: record))
            await #expect {
                try await derive(cursor(after: record, checksum: wrong))
            } throws: { isRefusal($0, at: record) }
        }
    }

    @Test("A batch of targets is not applied when Redis has applied another record of it", arguments: [1, 2])
    func targets(record: Int) async throws {
        try await withRedis { server in
            var fixture = LedgerFixture(try await server.connect())
            try await fixture.admit()
            let admitted = fixture
            let changes = records.enumerated().map { place, record in
                CatalogBatch.Change(
                    partition: LedgerFixture.orders,
                    offset: record.offset,
                    event: Event(tenant: LedgerFixture.tenant, .target(id("T-\(place)"), .deleted(version: nil))),
                    source: ChangeSource(.event, record: record)
                )
            }
            let batch = CatalogBatch(changes, ranges: [range], settings: fixture.settings)
            let key = fixture.settings.keys.cursor(LedgerFixture.orders, shard: 0)
            func apply(_ cursor: Cursor) async throws -> Posting.Outcome {
                _ = try await admitted.connection.send("SET", key, cursor.encoded)
                return try await batch.apply(over: admitted.connection, to: admitted.catalogs.view)
            }
            #expect(try await apply(cursor(after: record)) == .applied)
            await #expect {
                _ = try await apply(cursor(after: record, checksum: wrong))
            } throws: { isRefusal($0, at: record) }
        }
    }

    private func isRefusal(_ error: any Error, at record: Int) -> Bool {
        guard case LedgerError.otherRecord(LedgerFixture.orders, Int64(record))? = error as? LedgerError else {
            return false
        }
        return true
    }
}
