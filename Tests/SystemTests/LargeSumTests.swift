import Events
import Foundation
import Kafka
import Ledger
import LocalServers
import Log
import Operations
import Redis
import SalesRules
import Testing

@Suite("No order carries the sum of a day beyond 64 bits", .serialized)
struct LargeSumTests {
    /// The largest total that an order may have, in minor units.
    private static let largest: Int64 = 1_000_000_000_000_000
    /// How many such orders a day has room for.
    private static let room = Int(Int64.max / largest)

    @Test("Orders that would are dead letters, all others count to the cent, and nothing differs from the log")
    func dayIsFull() async throws {
        let system = try await System(partitions: 1)
        defer { Task { await system.end() } }
        func save(_ name: String, _ cents: Int64, version: RecordVersion = 1) async throws {
            try await apply(system, [order(name, cents, version)])
        }
        try await apply(system, (1...Self.room + 77).map { order("SO-\($0)", Self.largest) })
        #expect(try await letters(system) == 77)
        #expect(try await sum(system, "u-1") == Int64(Self.room) * Self.largest)

        // Small orders are counted up to the last cent of the room, also by a worker that knows nothing of the day.
        try await save("rest", .max - Int64(Self.room) * Self.largest)
        #expect(try await sum(system, "u-1") == .max)
        try await save("cent", 1)
        #expect(try await letters(system) == 78)
        #expect(try await sum(system, "u-1") == .max)

        // A refused save changes nothing, and there is room again after a deletion.
        try await save("rest", Self.largest, version: 2)
        #expect(try await letters(system) == 79)
        let deletion = OrderChange.deleted(version: 2)
        try await apply(system, [Event(tenant: VerifyFixture.tenant, .order(Identifier("SO-1")!, deletion))])
        #expect(try await sum(system, "u-1") == .max - Self.largest)
        try await save("cent", 1)
        #expect(try await sum(system, "u-1") == .max - Self.largest + 1)
        let reason = try await DeadLetters(log: KafkaBackend(system.kafka), topics: system.topics).list(.init()).last
        #expect(
            reason?.reason.contains("u-1 on 2026-03-14 would add up to more than 64 bits") == true,
            "\(String(describing: reason?.reason))"
        )
        for source in [Verifier.Source.log, .entries] {
            let (_, differences) = try await system.verify(source)
            #expect(differences.isEmpty, "\(source): \(differences.prefix(5))")
        }
    }

    @Test("What many allocations of the whole order count more than once does not end a worker")
    func overlap() async throws {
        let system = try await System(partitions: 1)
        defer { Task { await system.end() } }
        let people = (1...100).map { Identifier("u-\($0)")! }
        let year = Period(start: Day("2026-01-01")!, end: Day("2026-12-31")!)!
        let target = Target(id: Identifier("T-1")!, measure: .revenue, goal: 1, period: year, assignees: people)!
        let listed = people.enumerated().map { place, person in
            Allocation(id: Identifier("A-\(place)")!, salesperson: person, limit: .whole)
        }
        let orders = (1...100).map { number in
            order("SO-\(number)", Self.largest, on: Day(number: year.start.number + number)!, listed: listed)
        }
        let saved = Event(tenant: VerifyFixture.tenant, .target(target.id, .saved(target)))
        try await apply(system, [saved] + orders)
        let connection = try await RedisConnection.connect(to: RedisEndpoint(url: system.redis.url))
        let reader = LedgerReader(link: connection, settings: system.settings)
        let result = try await reader.target(target.id, of: VerifyFixture.tenant)
        #expect(result?.realized == Tally(revenue: 100 * Self.largest, orders: 100))
        let (_, differences) = try await system.verify(.log)
        #expect(differences.isEmpty, "\(differences.prefix(5))")
    }

    private func order(
        _ name: String,
        _ cents: Int64,
        _ version: RecordVersion = 1,
        on day: Day = Day("2026-03-14")!,
        listed: [Allocation] = []
    ) -> Event {
        let order = Order(
            id: Identifier(name)!,
            owner: Identifier("u-1")!,
            total: Decimal(units: cents, scale: 2),
            currency: .euro,
            date: day
        )
        return Event(tenant: VerifyFixture.tenant, .order(order.id, .saved(order, listed: listed, version: version)))
    }

    private func apply(_ system: System, _ events: [Event]) async throws {
        try await system.publish(events.map { system.message(for: $0) })
        let worker = try system.start(["worker", "--until-caught-up"], log: "worker.log")
        worker.waitUntilExit()
        try #require(worker.terminationStatus == 0, "\(system.log("worker.log"))")
    }

    private func letters(_ system: System) async throws -> Int {
        try await DeadLetters(log: KafkaBackend(system.kafka), topics: system.topics).list(.init()).count
    }

    /// The revenue of a person on the day of the orders.
    private func sum(_ system: System, _ person: String) async throws -> Int64 {
        let connection = try await RedisConnection.connect(to: RedisEndpoint(url: system.redis.url))
        let ordinal = Day("2026-03-14")!.ordinal
        let read = PackedTallies.read(key: VerifyFixture.days(person), ordinal...ordinal)
        return PackedTallies.sum(try await connection.one(read).requireBytes()).tally.revenue
    }
}
