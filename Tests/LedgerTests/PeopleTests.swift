import Ledger
import Log
import Model
import Redis
import RedisTesting
import SalesRules
import Synchronization
import Testing

@Suite("The people of many tenants", .timeLimit(.minutes(1)))
struct PeopleTests {
    // Each name begins with the other and a colon, as within the names of keys.
    private static let small = id("acme")
    private static let large = id("acme:2")
    private static let settings = LedgerSettings(rules: Rules())

    private func batch(_ changes: [(tenant: Identifier, person: String, change: PersonChange)]) -> CatalogBatch {
        let nowhere = TopicPartition(topic: "test", partition: 0)
        let events = changes.map { Event(tenant: $0.tenant, .person(id($0.person), $0.change)) }
        return CatalogBatch(
            events.map { .init(partition: nowhere, offset: 0, event: $0) },
            ranges: [],
            settings: Self.settings
        )
    }

    private func read(_ batch: CatalogBatch, on connection: RedisConnection) async throws -> CatalogBatch.Snapshot {
        try batch.snapshot(from: try await connection.send(batch.reads()))
    }

    private func post(
        _ batch: CatalogBatch,
        on snapshot: CatalogBatch.Snapshot,
        _ connection: RedisConnection
    ) async throws -> Posting.Outcome {
        try Posting.outcome(of: try await connection.send(batch.transaction(on: snapshot)))
    }

    private func apply(_ batch: CatalogBatch, on connection: RedisConnection) async throws {
        #expect(try await post(batch, on: try await read(batch, on: connection), connection) == .applied)
    }

    /// Saves people with these numbers under the same name.
    private func save(
        _ name: String,
        _ numbers: ClosedRange<Int>,
        of tenant: Identifier,
        on connection: RedisConnection
    ) async throws {
        let batch = batch(
            numbers.map { number in
                (tenant, "u-\(number)", .saved(Person(id: id("u-\(number)"), name: "\(name) \(number)")))
            }
        )
        try await apply(batch, on: connection)
    }

    /// Runs `body` with two connections to a Redis that has one person of the small tenant and many of the large one.
    private func withPeople(_ body: (RedisConnection, RedisConnection) async throws -> Void) async throws {
        try await withRedis { server in
            let connection = try await server.connect()
            _ = try await Admission.admit(connection, Self.settings)
            try await save("Small", 1...1, of: Self.small, on: connection)
            try await save("Large", 1...500, of: Self.large, on: connection)
            try await body(connection, try await server.connect())
        }
    }

    @Test("People of other tenants are not read")
    func otherTenants() async throws {
        try await withPeople { connection, _ in
            let link = CountedLink(connection)
            let reader = LedgerReader(link: link, settings: Self.settings)
            let people = try await reader.people(of: Self.small)
            #expect(people.mapValues(\.name) == [id("u-1"): "Small 1"])
            #expect(link.takeElements() == 2, "a name and a value")
            #expect(try await reader.people(of: id("ac")).isEmpty)
            #expect(link.takeElements() == 0)
            #expect(try await reader.people(of: Self.large).count == 500)
            #expect(link.takeElements() == 1_000)
            #expect(try await reader.people([id("u-2")], of: Self.small)[id("u-2")]?.name == "u-2")
            #expect(try await reader.people([id("u-2")], of: Self.large)[id("u-2")]?.name == "Large 2")
        }
    }

    @Test("A posting loses its race to a change of its own tenant's people, and to no other's")
    func races() async throws {
        try await withPeople { connection, other in
            let batch = batch([(Self.small, "u-1", .saved(Person(id: id("u-1"), name: "New")))])
            let first = try await read(batch, on: connection)
            try await save("Larger", 1...2, of: Self.large, on: other)
            #expect(try await post(batch, on: first, connection) == .applied)
            let second = try await read(batch, on: connection)
            try await save("Smaller", 1...1, of: Self.small, on: other)
            #expect(try await post(batch, on: second, connection) == .lostRace)
        }
    }

    @Test("Changes of several tenants' people and preferences in one batch reach their own")
    func severalTenants() async throws {
        try await withPeople { connection, _ in
            let batches = [
                batch([
                    (Self.small, "u-1", .saved(Person(id: id("u-1"), name: "Ann"))),
                    (Self.large, "u-1", .deleted(version: 7)),
                    (Self.small, "u-1", .preferred(WidgetChoice(year: 2025), version: nil)),
                    (id("new"), "u-1", .saved(Person(id: id("u-1"), name: "Bob", version: 1))),
                    (Self.large, "u-1", .preferred(WidgetChoice(year: 2026), version: nil)),
                ]),
                // The version of one tenant's person is not taken for another's.
                batch([
                    (id("new"), "u-1", .saved(Person(id: id("u-1"), name: "Bobby", version: 2))),
                    (Self.large, "u-1", .saved(Person(id: id("u-1"), name: "Late", version: 6))),
                ]),
            ]
            for batch in batches { try await apply(batch, on: connection) }
            let reader = LedgerReader(link: connection, settings: Self.settings)
            #expect(try await reader.people(of: Self.small).mapValues(\.name) == [id("u-1"): "Ann"])
            #expect(try await reader.people(of: Self.large).count == 499)
            #expect(try await reader.people(of: id("new")).mapValues(\.name) == [id("u-1"): "Bobby"])
            func year(_ tenant: Identifier) async throws -> Int? {
                try await reader.preference(of: TenantScoped(tenant: tenant, id: id("u-1"))).value?.year
            }
            #expect(try await year(Self.small) == 2025)
            #expect(try await year(Self.large) == 2026)
            #expect(try await year(id("new")) == nil)
        }
    }
}

/// A link that counts the elements of the arrays in the replies.
private final class CountedLink: RedisLink {
    private let link: RedisConnection
    private let elements = Mutex(0)

    init(_ link: RedisConnection) { self.link = link }

    func send(_ pipeline: RedisPipeline) async throws(RedisError) -> RedisReplies {
        let replies = try await link.send(pipeline)
        for case .array(let values) in replies { elements.withLock { $0 += values.count } }
        return replies
    }

    /// How many elements were received since the last call.
    func takeElements() -> Int {
        elements.withLock { count in
            defer { count = 0 }
            return count
        }
    }
}
