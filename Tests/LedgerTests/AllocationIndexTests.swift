import Ledger
import Model
import Redis
import RedisTesting
import SalesRules
import Testing

@Suite("Index of orders by allocations saved on their own")
struct AllocationIndexTests {
    private static let tenant = LedgerFixture.tenant

    private func allocated(_ order: String, _ allocation: String, version: RecordVersion? = nil) -> Event {
        let change = OrderChange.allocationSaved(
            Allocation(id: id(allocation), salesperson: id("ann"), limit: .whole),
            version: version
        )
        return Event(tenant: Self.tenant, .order(id(order), change))
    }

    private func unallocated(_ order: String, _ allocation: String, version: RecordVersion? = nil) -> Event {
        Event(tenant: Self.tenant, .order(id(order), .allocationDeleted(id(allocation), version: version)))
    }

    @Test("An order is found by an allocation saved on its own until the allocation is deleted", arguments: [1, 3])
    func found(shards: Int) async throws {
        try await withRedis { server in
            var fixture = LedgerFixture(try await server.connect(), LedgerSettings(rules: Rules(), shards: shards))
            let reader = LedgerReader(link: fixture.connection, settings: fixture.settings)
            func orders(_ allocation: String) async throws -> [String] {
                try await reader.orders(withOwn: id(allocation), of: Self.tenant).map(\.rawValue).sorted()
            }
            try await fixture.save(order("SO-1"), [half])
            #expect(try await orders("A-1") == [])
            try await fixture.apply([allocated("SO-1", "A-2", version: 1), allocated("SO-2", "A-3")])
            #expect(try await orders("A-2") == ["SO-1"])
            #expect(try await orders("A-3") == ["SO-2"])
            try await fixture.apply([allocated("SO-2", "A-2")])
            #expect(try await orders("A-2") == ["SO-1", "SO-2"])
            try await fixture.apply([unallocated("SO-1", "A-2", version: 2), unallocated("SO-1", "A-1")])
            #expect(try await orders("A-2") == ["SO-2"])
            try await fixture.apply([allocated("SO-1", "A-2", version: 1)])
            #expect(try await orders("A-2") == ["SO-2"], "a stale save does not restore the allocation")
            #expect(try await reader.orders(withOwn: id("A-2"), of: id("other")) == [])
        }
    }

    @Test("Orders without separately saved allocations write nothing to the index")
    func nothing() async throws {
        try await withRedis { server in
            var fixture = LedgerFixture(try await server.connect())
            _ = try await fixture.connection.send("CONFIG", "RESETSTAT")
            try await fixture.save(order("SO-1"), [half])
            try await fixture.save(order("SO-1", total: 7), [])
            try await fixture.apply([unallocated("SO-1", "A-1")])
            #expect(try await fixture.connection.calls(of: "sadd") == 0)
            #expect(try await fixture.connection.calls(of: "srem") == 0)
            try await fixture.apply([allocated("SO-1", "A-1")])
            try await fixture.apply([allocated("SO-1", "A-1")])
            #expect(try await fixture.connection.calls(of: "sadd") == 1)
        }
    }

    @Test("After any history the index agrees with the entries", arguments: [1, 3])
    func history(shards: Int) async throws {
        let settings = LedgerSettings(rules: Rules(), shards: shards)
        let history = History(seed: seedOfThisRun, events: 3_000, orders: 150)
        let log = PartitionedEvents(history, partitions: 2)
        try await withRedis { server in
            let connection = try await server.connect()
            let all = log.partitions(of: .orders, .allocations, .targets, .people)
            try await LedgerDriver(connection, log, all, settings: settings, seed: history.seed).run()
            let reader = LedgerReader(link: connection, settings: settings)
            var expected: [TenantScoped: Set<Identifier>] = [:]
            var seen: Set<TenantScoped> = []
            for event in history {
                guard case .order(let order, let change) = event.change else { continue }
                if case .allocationSaved(let allocation, _) = change {
                    seen.insert(TenantScoped(tenant: event.tenant, id: allocation.id))
                }
                let entry = try await reader.order(order, of: event.tenant)?.entry
                for own in entry?.own ?? [] where own.allocation != nil {
                    expected[TenantScoped(tenant: event.tenant, id: own.id), default: []].insert(order)
                }
            }
            #expect(!expected.isEmpty)
            for allocation in seen {
                var orders: Set<Identifier> = []
                for shard in 0..<shards {
                    let key = settings.keys.allocation(allocation, shard: shard)
                    let names = try await connection.send("SMEMBERS", key).requireArray()
                    orders.formUnion(names.compactMap { $0.string.flatMap { Identifier($0) } })
                }
                for order in orders.subtracting(expected[allocation] ?? []) {
                    // The index also holds orders of which only allocations were seen; these cannot be read.
                    let found = try await reader.order(order, of: allocation.tenant)
                    #expect(found == nil, "\(allocation) in \(order), seed \(history.seed)")
                }
                #expect(orders.isSuperset(of: expected[allocation] ?? []), "\(allocation), seed \(history.seed)")
            }
        }
    }
}
