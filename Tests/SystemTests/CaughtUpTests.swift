import Events
import Foundation
import Ledger
import LocalServers
import Redis
import SalesRules
import TestSupport
import Testing

@Suite("A worker with --until-caught-up")
struct CaughtUpTests {
    private static let tenant = Identifier("default")!

    @Test("It counts earlier orders into a shared target before it ends", .timeLimit(.minutes(2)))
    func counting() async throws {
        let system = try await System()
        do {
            try await system.publish([system.message(for: try Self.order())])
            try runWorker(of: system)
            try await system.publish([system.message(for: try Self.target())])
            try runWorker(of: system)
            #expect(try await system.site.backlog().count == 0)
            let connection = try await RedisConnection.connect(to: RedisEndpoint(url: system.redis.url))
            defer { connection.closeNow() }
            let found = try await LedgerReader(link: connection, settings: system.settings)
                .target(Identifier("T-1")!, of: Self.tenant)
            let result = try #require(found)
            #expect(!result.isCounting)
            // Ann and Bob are each credited with the whole order; a shared target counts it once.
            #expect(result.realized == Tally(revenue: 100_00, orders: 1))
        } catch {
            Issue.record("\(error)\n\(system.log("worker.log").suffix(2_000))")
        }
        await system.end()
    }

    private func runWorker(of system: System) throws {
        let worker = try system.start(["worker", "--until-caught-up"], log: "worker.log")
        worker.waitUntilExit()
        #expect(worker.terminationStatus == 0)
    }

    private static func order() throws -> Event {
        let share = Allocation(
            id: try #require(Identifier("A-1")),
            salesperson: try #require(Identifier("bob")),
            limit: .whole
        )
        return try System.savedOrder("SO-1", listed: [share])
    }

    private static func target() throws -> Event {
        let (start, end) = (try #require(Day("2026-01-01")), try #require(Day("2026-12-31")))
        let target = Target(
            id: try #require(Identifier("T-1")),
            measure: .revenue,
            goal: 1_000_00,
            period: try #require(Period(start: start, end: end)),
            assignees: [try #require(Identifier("ann")), try #require(Identifier("bob"))]
        )
        let saved = try #require(target)
        return Event(tenant: tenant, .target(saved.id, .saved(saved)))
    }
}
