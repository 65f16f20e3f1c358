import Model
import SalesRules
import Testing

@Suite("Entry of an order")
struct OrderEntryTests {
    @Test("A version that is not above the highest applied changes nothing")
    func stale() throws {
        var changed = entry(.saved(order(total: 1), listed: nil, version: 5))
        #expect(try !changed.apply(.saved(order(total: 2), listed: [allocation("A-1 ann")], version: 5)))
        #expect(try !changed.apply(.deleted(version: 4)))
        #expect(changed == entry(.saved(order(total: 1), listed: nil, version: 5)))
        #expect(try changed.apply(.saved(order(total: 3), listed: nil, version: 6)))
        #expect(changed.order?.total == Decimal(units: 3, scale: 2))
        #expect(changed.version == 6)
    }

    @Test("A stale version changes nothing after a deletion either")
    func staleAfterDeletion() throws {
        var changed = entry(.saved(order(), listed: nil, version: 7), .deleted(version: 8))
        #expect(try !changed.apply(.saved(order(), listed: nil, version: 8)))
        #expect(changed.isDeleted)
        #expect(try changed.apply(.saved(order(), listed: nil, version: 9)))
        #expect(!changed.isDeleted)
    }

    @Test("A deletion that comes before the order keeps its version")
    func deletedFirst() throws {
        var changed = entry(.deleted(version: 8))
        #expect(try !changed.apply(.saved(order(), listed: nil, version: 7)))
        #expect(changed.order == nil)
    }

    @Test("An event without a version always applies, and keeps the highest version")
    func withoutVersion() throws {
        var changed = entry(.saved(order(total: 1), listed: nil, version: 5))
        #expect(try changed.apply(.saved(order(total: 2), listed: nil, version: nil)))
        #expect(changed.order?.total == Decimal(units: 2, scale: 2))
        #expect(try !changed.apply(.saved(order(total: 3), listed: nil, version: 5)))
    }

    @Test("An allocation event without a version always applies, and keeps the highest version")
    func allocationWithoutVersion() throws {
        var changed = entry(.allocationSaved(allocation("A-1 ann 40%"), version: 5))
        #expect(try changed.apply(.allocationDeleted(id("A-1"), version: nil)))
        #expect(changed.allocations.isEmpty)
        #expect(try !changed.apply(.allocationSaved(allocation("A-1 ann 50%"), version: 5)))
        #expect(try changed.apply(.allocationSaved(allocation("A-1 ann 60%"), version: nil)))
        #expect(try changed.apply(.allocationSaved(allocation("A-1 ann 70%"), version: 6)))
        #expect(changed.allocations == [allocation("A-1 ann 70%")])
    }

    @Test("An order and each of its allocations have separate versions")
    func versionsOfTheirOwn() throws {
        var changed = entry(.saved(order(), listed: nil, version: 9))
        #expect(try changed.apply(.allocationSaved(allocation("A-1 ann 40%"), version: 1)))
        #expect(try changed.apply(.allocationSaved(allocation("A-2 ann 40%"), version: 1)))
        #expect(try !changed.apply(.allocationSaved(allocation("A-1 ann 50%"), version: 1)))
        #expect(try changed.apply(.allocationDeleted(id("A-1"), version: 2)))
        #expect(try !changed.apply(.allocationSaved(allocation("A-1 ann 60%"), version: 2)))
        #expect(changed.allocations == [allocation("A-2 ann 40%")])
        #expect(changed.version == 9)
    }

    @Test("Allocations in force are the latest list, overridden by allocations saved on their own")
    func override() throws {
        var changed = entry(order(), ["A-1 ann 40%", "A-2 bob 10%", "A-3 cy 5%"])
        _ = try changed.apply(.allocationSaved(allocation("A-2 bob 99%"), version: nil))
        _ = try changed.apply(.allocationDeleted(id("A-3"), version: nil))
        _ = try changed.apply(.allocationSaved(allocation("A-0 dan"), version: nil))
        #expect(changed.allocations == ["A-0 dan", "A-1 ann 40%", "A-2 bob 99%"].map(allocation))
        _ = try changed.apply(.saved(order(), listed: nil, version: nil))
        #expect(changed.allocations.count == 3)
        _ = try changed.apply(.saved(order(), listed: [allocation("A-3 cy 5%"), allocation("A-9 eve")], version: nil))
        #expect(changed.allocations == ["A-0 dan", "A-2 bob 99%", "A-9 eve"].map(allocation))
        _ = try changed.apply(.saved(order(), listed: [], version: nil))
        #expect(changed.allocations == ["A-0 dan", "A-2 bob 99%"].map(allocation))
    }

    @Test("Any interleaving of the events of orders and allocations gives the same entries")
    func interleaving() {
        let events = Array(History(seed: seedOfThisRun, events: 3_000, orders: 40))
        let entries = OrderEntries(applying: events).entries
        for round in 1...5 as ClosedRange<UInt64> {
            let others = events.reshuffled(seed: seedOfThisRun &+ round)
            #expect(others != events)
            #expect(OrderEntries(applying: others).entries == entries, "seed \(seedOfThisRun)")
        }
    }
}

/// The entries of all orders, as the program keeps them.
struct OrderEntries {
    private(set) var entries: [TenantScoped: OrderEntry] = [:]

    init(applying events: some Sequence<Event>) {
        for event in events {
            guard case .order(let id, let change) = event.change else { continue }
            _ = try? entries[TenantScoped(tenant: event.tenant, id: id), default: OrderEntry()].apply(change)
        }
    }
}
