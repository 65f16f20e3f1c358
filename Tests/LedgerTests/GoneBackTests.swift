import Ledger
import Log
import Model
import Redis
import RedisTesting
import SalesRules
import Testing

/// A Redis that goes back to older data without a restart: it was made a replica of an older copy of itself, and a
/// primary again. Its run id and the stamp of the view are the same as before.
@Suite("A Redis that has gone back")
struct GoneBackTests {
    private static let tenant = LedgerFixture.tenant

    @Test("Targets are read again although the revision has the same number, or a higher one", arguments: [1, 2, 3])
    func targets(changes: Int) async throws {
        try await withRedis { server in
            var fixture = LedgerFixture(try await server.connect())
            try await fixture.save(target("T-1", "own", goal: 1))
            try await fixture.remember()
            try await fixture.save(target("T-1", "own", goal: 2))
            try await fixture.save(target("T-2", "own", goal: 2))
            let reader = LedgerReader(link: fixture.connection, settings: fixture.settings)
            #expect(try await goals(reader) == ["T-1": 2, "T-2": 2])
            try await fixture.goBack()
            for number in 0..<changes { try await fixture.save(target("T-3", "own", goal: Int64(30 + number))) }
            #expect(try await goals(reader) == ["T-1": 1, "T-3": Int64(29 + changes)])
            #expect(fixture.catalogs[Self.tenant].targets.map(\.target.goal).sorted() == [1, Int64(29 + changes)])
        }
    }

    private func goals(_ reader: LedgerReader) async throws -> [String: Int64] {
        Dictionary(
            uniqueKeysWithValues: try await reader.catalog(of: Self.tenant).targets.map {
                ($0.target.id.rawValue, $0.target.goal)
            }
        )
    }

    @Test("No order is derived with targets that Redis no longer has, in any shard", arguments: [1, 2])
    func orders(shards: Int) async throws {
        try await withRedis { server in
            let settings = LedgerSettings(rules: Rules(), shards: shards)
            var fixture = LedgerFixture(try await server.connect(), settings)
            try await fixture.save(target("T-1", "own"))
            try await fixture.remember()
            try await fixture.save(target("T-1", "own", "ann"))
            let former = fixture.catalogs
            try await fixture.goBack()
            try await fixture.save(target("T-2", "own"))
            #expect(former.revision.number == fixture.catalogs.revision.number)
            for shard in 0..<shards {
                let batch = fixture.batch([LedgerFixture.saved(order("SO-1"))], shard: shard)
                let snapshot = try await fixture.read(batch)
                guard case .refreshCatalog = try batch.derive(from: snapshot, catalogs: former, settings: settings)
                else {
                    Issue.record("shard \(shard) is posted to with targets of other data")
                    continue
                }
            }
        }
    }

    @Test("A backfill begins again when a part of its work is lost")
    func backfill() async throws {
        try await withRedis { server in
            var fixture = LedgerFixture(try await server.connect())
            for number in 0..<3 { try await fixture.save(order("SO-\(number)"), [half]) }
            try await fixture.save(target("T-1", "own", "ann"))
            let (link, keys) = (fixture.connection, fixture.settings.keys)
            let jobs = try await Backfill.jobs(in: link, keys: keys)
            let (key, job) = try #require(jobs.first)
            var backfill = Backfill(of: key, job: job, settings: fixture.settings)
            try await fixture.remember()
            #expect(try await backfill.step(on: link, catalogs: fixture.catalogs) == .inProgress)
            try await fixture.goBack()
            #expect(try await backfill.step(on: link, catalogs: fixture.catalogs) == .lost)
            #expect(try await Backfill.jobs(in: link, keys: keys) == jobs)
            try await fixture.countAll()
            let reader = LedgerReader(link: link, settings: fixture.settings)
            let result = try await reader.target(id("T-1"), of: Self.tenant)
            #expect(result?.isCounting == false && result?.realized.orders == 3)
        }
    }

    @Test("A backfill whose job Redis no longer has is given up")
    func job() async throws {
        try await withRedis { server in
            var fixture = LedgerFixture(try await server.connect())
            try await fixture.save(target("T-1", "own"))
            try await fixture.remember()
            try await fixture.save(target("T-2", "own", "ann"))
            let (link, keys) = (fixture.connection, fixture.settings.keys)
            let (key, job) = try #require(try await Backfill.jobs(in: link, keys: keys).first)
            try await fixture.goBack()
            try await fixture.catalogs.refresh(from: link, keys: keys)
            var backfill = Backfill(of: key, job: job, settings: fixture.settings)
            #expect(try await backfill.step(on: link, catalogs: fixture.catalogs) == .lost)
        }
    }

    @Test("A catalog whose changes are gone is said to be corrupt, and not read for ever")
    func changes() async throws {
        try await withRedis { server in
            var fixture = LedgerFixture(try await server.connect())
            try await fixture.save(target("T-1", "own"))
            try await fixture.save(target("T-2", "own"))
            _ = try await fixture.connection.send("ZREM", fixture.settings.keys.targetChanges, "acme/T-2")
            let reader = LedgerReader(link: fixture.connection, settings: fixture.settings)
            await #expect { _ = try await reader.catalog(of: Self.tenant) } throws: { error in
                guard case LedgerError.corrupt(let record)? = error as? LedgerError else { return false }
                return record.description.contains("the changes after revision 1 are missing")
            }
        }
    }
}

extension LedgerFixture {
    /// Writes the present data to the disk.
    fileprivate func remember() async throws { _ = try await connection.send("SAVE") }

    /// Loads the data on the disk.
    fileprivate func goBack() async throws { _ = try await connection.send("DEBUG", "RELOAD", "NOSAVE") }
}
