import Ledger
import LocalServers
import Model
import Redis
import RedisTesting
import SalesRules
import Testing

@Suite("Announcements", .timeLimit(.minutes(1)))
struct AnnouncementTests {
    private let full = Announcement(
        days: [
            .init(key: DaysKey(tenant: id("acme"), person: id("u-17"), year: 2026), ordinals: 0...365),
            .init(key: DaysKey(tenant: id("globex"), person: nil, year: 1900), ordinals: 7...7),
        ],
        targets: [TenantScoped(tenant: id("acme"), id: id("T-1"))],
        people: [TenantScoped(tenant: id("acme"), id: id("u-17")), TenantScoped(tenant: id("acme"), id: id("u@18"))]
    )

    @Test("An announcement can be read back")
    func roundTrip() throws {
        #expect(try Announcement.decode(full.encode()) == full)
        #expect(try Announcement.decode(Announcement().encode()) == Announcement())
    }

    @Test("An announcement that is too short, too long or of another kind is refused")
    func hostile() throws {
        let bytes = full.encode()
        for length in bytes.indices {
            #expect(throws: CorruptRecord.self) { try Announcement.decode(Array(bytes[..<length])) }
        }
        #expect(throws: CorruptRecord.self) { try Announcement.decode(bytes + [0]) }
        #expect(throws: CorruptRecord.self) { try Announcement.decode([2] + bytes.dropFirst()) }
        #expect(throws: CorruptRecord.self) { try Announcement.decode(Array("acme/u-17:2026".utf8)) }
        // A count that would need all memory.
        #expect(throws: CorruptRecord.self) {
            try Announcement.decode([1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f])
        }
    }

    /// One person's days, byte by byte: tenant `a`, person, year, first and last day.
    private func days(person: [UInt8] = [1, 0x62], year: [UInt8] = [0xea, 0x0f], first: UInt8 = 3, last: UInt8 = 4)
        -> [UInt8]
    {
        [1, 1, 1, 0x61] + person + year + [first, last, 0, 0]
    }

    @Test("Days outside the year and invalid people are refused")
    func invalidDays() throws {
        #expect(try Announcement.decode(days()).days.map(\.ordinals) == [3...4])
        #expect(throws: CorruptRecord.self) { try Announcement.decode(days(first: 5)) }
        #expect(throws: CorruptRecord.self) { try Announcement.decode(days(person: [1, 0x20])) }
        #expect(throws: CorruptRecord.self) { try Announcement.decode(days(year: [5])) }
        #expect(throws: CorruptRecord.self) {
            try Announcement.decode([1, 1, 1, 0x61, 0, 0xea, 0x0f, 0, 0xee, 2, 0, 0])
        }
    }

    @Test("An order announces the people and the range of days that it changes")
    func orders() async throws {
        try await withFixture { fixture, heard in
            try await fixture.save(order("SO-1", date: "2026-03-14"), [half])
            #expect(await heard.next() == days(["ann", "own", nil], 72...72))
            try await fixture.apply([
                LedgerFixture.saved(order("SO-1", date: "2026-03-16"), [half]),
                LedgerFixture.saved(order("SO-2", date: "2026-01-01")),
            ])
            let announcement = await heard.next()
            #expect(announcement?.days.contains { $0.key.person == id("ann") && $0.ordinals == 72...74 } == true)
            #expect(announcement?.days.contains { $0.key.person == id("own") && $0.ordinals == 0...74 } == true)
            #expect(announcement?.days.count == 3)
            #expect(announcement?.targets == [])
        }
    }

    @Test("A target is announced when it is saved, backfilled and deleted, but not for a stale event")
    func targets() async throws {
        try await withFixture { fixture, heard in
            let announced = Announcement(targets: [TenantScoped(tenant: LedgerFixture.tenant, id: id("T-1"))])
            try await fixture.save(order("SO-1"), [half])
            _ = await heard.next()
            try await fixture.save(target("T-1", "own", "ann", version: 5))
            #expect(await heard.next() == announced)
            try await fixture.countAll()
            // One announcement for the order's overlap, one for the end of the backfill.
            #expect(await heard.next() == announced)
            #expect(await heard.next() == announced)
            try await fixture.save(target("T-1", "own", "ann", goal: 7, version: 5))
            try await fixture.change([(id("T-1"), .deleted(version: 6))])
            #expect(await heard.next() == announced)
            // The backfill of a deleted target.
            try await fixture.countAll()
            #expect(await heard.next() == announced)
            try await fixture.save(target("T-2", "own"))
            #expect(await heard.next()?.targets == [TenantScoped(tenant: LedgerFixture.tenant, id: id("T-2"))])
        }
    }

    @Test("A person's new name is announced, but no other change of the person")
    func people() async throws {
        try await withFixture { fixture, heard in
            func save(_ change: PersonChange) async throws {
                let event = Event(tenant: LedgerFixture.tenant, .person(id("ann"), change))
                let batch = CatalogBatch(
                    [.init(partition: LedgerFixture.targets, offset: 0, event: event)],
                    ranges: [],
                    settings: fixture.settings
                )
                let snapshot = try batch.snapshot(from: try await fixture.connection.send(batch.reads()))
                let replies = try await fixture.connection.send(batch.transaction(on: snapshot))
                #expect(try Posting.outcome(of: replies) == .applied)
            }
            let announced = Announcement(people: [TenantScoped(tenant: LedgerFixture.tenant, id: id("ann"))])
            try await save(.saved(Person(id: id("ann"), name: "Ann")))
            #expect(await heard.next() == announced)
            try await save(.saved(Person(id: id("ann"), name: "Ann", email: "ann@example.com")))
            try await save(.preferred(WidgetChoice(year: 2025), version: nil))
            try await save(.deleted(version: nil))
            #expect(await heard.next() == announced)
            try await fixture.save(target("T-1", "own"))
            #expect(await heard.next()?.people == [])
        }
    }

    private func days(_ people: [String?], _ ordinals: ClosedRange<Int>) -> Announcement {
        Announcement(
            days: people.map { person in
                .init(
                    key: DaysKey(tenant: LedgerFixture.tenant, person: person.map { id($0) }, year: 2026),
                    ordinals: ordinals
                )
            }
        )
    }

    /// Runs `body` with a Redis and its announcements; days are sorted by person, everyone last.
    private func withFixture(
        _ body: (inout LedgerFixture, inout AsyncStream<Announcement>.AsyncIterator) async throws -> Void
    ) async throws {
        try await withRedis { server in
            var fixture = LedgerFixture(try await server.connect())
            let (listening, listened) = AsyncStream.makeStream(of: Void.self)
            let (announcements, continuation) = AsyncStream.makeStream(of: Announcement.self)
            let subscriber = RedisSubscriber(try RedisEndpoint(url: server.url))
            let channel = fixture.settings.keys.changes(shard: 0)
            try await withThrowingTaskGroup(of: Void.self) { group in
                defer { group.cancelAll() }
                group.addTask {
                    await subscriber.listen(to: [channel]) { event in
                        guard case .messages(let messages) = event else {
                            listened.yield()
                            return
                        }
                        for message in messages {
                            guard var announcement = try? Announcement.decode(message.payload) else { continue }
                            announcement.days.sort { Self.name($0) < Self.name($1) }
                            continuation.yield(announcement)
                        }
                    }
                }
                for await _ in listening { break }
                var heard = announcements.makeAsyncIterator()
                try await body(&fixture, &heard)
            }
        }
    }

    private static func name(_ days: Announcement.Days) -> String { days.key.person?.rawValue ?? "~" }
}
