import Model
import SalesRules
import Testing

@Suite("The rules of docs/CONTRACT.md")
struct RuleTests {
    @Test("Rule 2: an order counts towards the targets of the people it credits, in a period that includes both ends")
    func whichTargets() {
        let catalog = catalog(
            target("T-1", from: "2026-03-14", to: "2026-03-14"),
            target("T-2", from: "2026-03-15", to: "2026-03-31"),
            target("T-3", from: "2026-01-01", to: "2026-03-13"),
            target("T-4", from: "2025-12-01", to: "2027-01-31", for: "ann", "bob"),
            target("T-5", from: "2026-03-14", to: "2026-04-01", for: "bob")
        )
        #expect(catalog.tallies(of: entry(order(), ["A-1 ann 40%"])).keys.sorted() == ["T-1", "T-4"])
        #expect(catalog.tallies(of: entry(order(date: "2026-03-15"), ["A-1 ann 40%"])).keys.sorted() == ["T-2", "T-4"])
        #expect(catalog.tallies(of: entry(order(date: "2026-04-01"), ["A-1 bob"])).keys.sorted() == ["T-4", "T-5"])
        #expect(catalog.tallies(of: entry(order(owner: "cy"), [])).isEmpty)
    }

    @Test("Rule 3: a revenue target counts its assignees' credits, up to the total; a target for orders counts 1")
    func byHowMuch() {
        let catalog = catalog(
            target("T-1", measure: .revenue, from: "2026-01-01", to: "2026-12-31", for: "own"),
            target("T-2", measure: .revenue, from: "2026-01-01", to: "2026-12-31", for: "own", "ann", "bob"),
            target("T-3", measure: .revenue, from: "2026-01-01", to: "2026-12-31", for: "ann", "bob"),
            target("T-4", measure: .orders, goal: 10, from: "2026-01-01", to: "2026-12-31", for: "own", "ann")
        )
        let tallies = catalog.tallies(of: entry(order(), ["A-1 ann 40%", "A-2 bob 10.00"]))
        #expect(tallies["T-1"] == Tally(revenue: 100_00, orders: 1))
        #expect(tallies["T-2"] == Tally(revenue: 100_00, orders: 1))
        #expect(tallies["T-3"] == Tally(revenue: 50_00, orders: 1))
        #expect(tallies["T-4"]?.quantity(.orders) == 1)
        let refund = catalog.tallies(of: entry(order(total: -100_00), ["A-1 ann 40%", "A-2 bob 10.00"]))
        #expect(refund["T-2"] == Tally(revenue: -100_00, orders: 1))
        #expect(refund["T-3"] == Tally(revenue: -50_00, orders: 1))
    }

    @Test(
        "Rule 4: an order with an excluded status does not count; the status is compared without case",
        arguments: [
            ("Cancelled", false), ("cancelled", false), ("CANCELLED", false), ("Canceled", true), ("", true),
            ("Approved", true), ("Cancelled ", true),
        ]
    )
    func excludedStatus(status: String, counts: Bool) {
        #expect((Rules().worth(of: entry(order(status: status), [])) != nil) == counts)
    }

    @Test("Rule 4: the excluded statuses are a setting")
    func otherStatuses() {
        let rules = Rules(excludedStatuses: ["Draft", "LOST"])
        #expect(rules.worth(of: entry(order(status: "draft"), [])) == nil)
        #expect(rules.worth(of: entry(order(status: "Lost"), [])) == nil)
        #expect(rules.worth(of: entry(order(status: "Cancelled"), [])) != nil)
        #expect(Rules(excludedStatuses: []).worth(of: entry(order(status: ""), [])) != nil)
    }

    @Test("Rule 4: a deleted order does not count, and counts again with its allocations when it is saved again")
    func deletedAndBack() throws {
        var changed = entry(order(), ["A-1 ann 40%"])
        _ = try changed.apply(.allocationSaved(allocation("A-2 bob 10.00"), version: nil))
        let before = Rules().worth(of: changed)
        _ = try changed.apply(.deleted(version: nil))
        #expect(Rules().worth(of: changed) == nil)
        _ = try changed.apply(.saved(order(), listed: nil, version: nil))
        #expect(Rules().worth(of: changed) == before)
        #expect(before?.amounts == ["own": 100_00, "ann": 40_00, "bob": 10_00])
    }

    @Test("Rule 4: allocations of an unknown order do not count until the order is saved")
    func allocationFirst() throws {
        var changed = entry(.allocationSaved(allocation("A-1 ann 40%"), version: nil))
        #expect(Rules().worth(of: changed) == nil)
        _ = try changed.apply(.saved(order(), listed: nil, version: nil))
        #expect(Rules().worth(of: changed)?.amounts == ["own": 100_00, "ann": 40_00])
    }

    @Test(
        "Rule 5: a target that is created later counts earlier orders, but no overlap of an earlier revision"
    )
    func createdAfterwards() throws {
        let worth = try #require(Rules().worth(of: entry(order(), ["A-1 ann 40%"])))
        var catalog = Catalog()
        #expect(catalog.contributions(of: worth).isEmpty)
        catalog.put(
            CatalogTarget(target: target("T-1", from: "2026-01-01", to: "2026-12-31", for: "own", "ann"), revision: 7)
        )
        #expect(catalog.contributions(of: worth).map(\.tally) == [Tally(revenue: 100_00, orders: 1)])
        #expect(catalog.overlaps(of: worth, revision: 6).isEmpty)
        #expect(catalog.overlaps(of: worth, revision: 7).map(\.tally) == [Tally(revenue: 40_00, orders: 1)])
    }

    @Test("Rule 6: an order below zero has negative revenue, and counts as one order")
    func creditNote() {
        let tallies = catalog(target("T-1")).tallies(of: entry(order(total: -25_00), []))
        #expect(tallies == ["T-1": Tally(revenue: -25_00, orders: 1)])
    }

    @Test("Rule 7: progress can be above 100 % and below zero")
    func notCapped() {
        let today = day("2026-06-01")
        let over = Progress(of: target(), realized: Tally(revenue: 1_300_00, orders: 3), today: today)
        #expect(over.permille == 1_300)
        #expect(over.status == .achieved)
        let below = Progress(of: target(), realized: Tally(revenue: -50_00, orders: 1), today: today)
        #expect(below.permille == -50)
        #expect(below.status == .behind)
    }

    @Test("Rule 8: saving an unchanged order again leaves its entry unchanged")
    func savedAgain() throws {
        let first = entry(order(), ["A-2 bob 10.00", "A-1 ann 40%"])
        var again = first
        _ = try again.apply(
            .saved(order(), listed: [allocation("A-1 ann 40%"), allocation("A-2 bob 10.00")], version: nil)
        )
        #expect(again == first)
    }

    @Test("The tally of everyone counts each order once")
    func everyone() throws {
        let worth = try #require(Rules().worth(of: entry(order(), ["A-1 ann 40%", "A-2 bob"])))
        #expect(worth.tallyOfAll == Tally(revenue: 100_00, orders: 1))
        #expect(worth.tally(of: [id("ann")]) == Tally(revenue: 40_00, orders: 1))
        #expect(worth.tally(of: [id("cy")]) == nil)
    }
}
