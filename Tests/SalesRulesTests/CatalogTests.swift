import Model
import SalesRules
import Testing

@Suite("The catalog of targets")
struct CatalogTests {
    @Test("A target is found by its id, its people and its years, until it is removed")
    func putAndRemove() {
        var catalog = catalog(target("T-1", from: "2025-12-01", to: "2026-01-31", for: "own", "ann"))
        #expect(catalog.count == 1)
        #expect(catalog[id("T-1")]?.revision == 1)
        #expect(catalog.targets(of: id("ann"), in: 2025).count == 1)
        #expect(catalog.targets(of: id("ann"), in: 2026).count == 1)
        #expect(catalog.targets(of: id("ann"), in: 2027).isEmpty)
        #expect(catalog.people(in: 2026) == [id("ann"), id("own")])
        catalog.remove(id("T-1"))
        catalog.remove(id("T-1"))
        #expect(catalog.count == 0)
        #expect(catalog[id("T-1")] == nil)
        #expect(catalog.targets(of: id("ann"), in: 2026).isEmpty)
        #expect(catalog.people(in: 2026).isEmpty)
    }

    @Test("A target that is put again replaces the previous one, for its former people and years too")
    func replace() {
        var catalog = catalog(target("T-1", from: "2026-01-01", to: "2026-12-31", for: "own", "ann"), target("T-2"))
        catalog.put(CatalogTarget(target: target("T-1", from: "2027-01-01", to: "2027-12-31", for: "bob"), revision: 2))
        #expect(catalog.count == 2)
        #expect(catalog.targets(of: id("ann"), in: 2026).isEmpty)
        #expect(catalog.targets(of: id("own"), in: 2026).map(\.target.id) == [id("T-2")])
        #expect(catalog.targets(of: id("bob"), in: 2027).map(\.revision) == [2])
        #expect(catalog.tallies(of: entry(order(), ["A-1 ann"])).keys.sorted() == ["T-2"])
    }

    @Test("A target of one person that is put after a shared one was removed has no overlap")
    func overlapRemoved() throws {
        var catalog = catalog(target("T-1", for: "own", "ann"))
        let worth = try #require(Rules().worth(of: entry(order(), ["A-1 ann 40%"])))
        #expect(catalog.overlaps(of: worth, revision: 1).count == 1)
        catalog.remove(id("T-1"))
        catalog.put(CatalogTarget(target: target("T-2", for: "own"), revision: 1))
        #expect(catalog.overlaps(of: worth, revision: 1).isEmpty)
        catalog.put(CatalogTarget(target: target("T-2", for: "own", "ann"), revision: 1))
        catalog.put(CatalogTarget(target: target("T-2", for: "ann"), revision: 1))
        #expect(catalog.overlaps(of: worth, revision: 1).isEmpty)
    }

    @Test("A copy of a large catalog keeps its targets while the original changes")
    func copies() {
        func name(_ number: Int) -> String { "T-\(number)" }
        var catalog = Catalog()
        for number in 0..<5_000 {
            let target = target(name(number), from: "2026-01-01", to: "2026-12-31", for: "p-\(number / 2)", "all-of-us")
            catalog.put(CatalogTarget(target: target, revision: 1))
        }
        let copy = catalog
        for number in stride(from: 0, to: 5_000, by: 2) { catalog.remove(id(name(number))) }
        for number in 5_000..<6_000 {
            catalog.put(CatalogTarget(target: target(name(number), for: "p-0"), revision: 2))
        }
        #expect(copy.count == 5_000 && catalog.count == 3_500)
        #expect(copy.targets.map(\.target.id) == (0..<5_000).map { id(name($0)) }.sorted())
        #expect(catalog.targets.allSatisfy { catalog[$0.target.id] == $0 })
        #expect(copy.targets(of: id("p-0"), in: 2026).map(\.target.id) == [id("T-0"), id("T-1")])
        #expect(catalog.targets(of: id("p-0"), in: 2026).count == 1_001)
        #expect(copy.targets(of: id("all-of-us"), in: 2026).count == 5_000)
        #expect(catalog.targets(of: id("all-of-us"), in: 2026).count == 2_500)
        #expect(copy.people(in: 2026).count == 2_501)
    }

    @Test("After any puts and removals the catalog holds exactly the remaining targets")
    func random() {
        let events = History(seed: seedOfThisRun, events: 20_000, targets: 50).filter {
            $0.tenant == History.tenants[0]
        }
        var catalog = Catalog()
        var held: [Identifier: Target] = [:]
        for (revision, event) in events.enumerated() {
            guard case .target(let id, let change) = event.change else { continue }
            switch change {
            case .saved(let target):
                held[id] = target
                catalog.put(CatalogTarget(target: target, revision: Int64(revision)))
            case .deleted:
                held[id] = nil
                catalog.remove(id)
            }
        }
        #expect(catalog.targets.map(\.target) == held.values.sorted { $0.id < $1.id }, "seed \(seedOfThisRun)")
        for year in 2024...2028 {
            let inYear = held.values.filter { $0.period.start.year <= year && year <= $0.period.end.year }
            let people = Set(inYear.flatMap(\.assignees))
            #expect(catalog.people(in: year) == people.sorted(), "seed \(seedOfThisRun)")
            for person in people {
                let found = catalog.targets(of: person, in: year).map(\.target)
                let expected = inYear.filter { $0.assignees.contains(person) }
                #expect(found.count == expected.count)
                #expect(Set(found) == Set(expected), "seed \(seedOfThisRun)")
            }
        }
    }

    @Test(
        "The credits of a target's assignees less the overlap equal the order's contribution in the model",
        arguments: OwnerCredit.allCases
    )
    func contributions(ownerCredit: OwnerCredit) throws {
        let rules = Rules(ownerCredit: ownerCredit)
        let events = Array(History(seed: seedOfThisRun, events: 5_000))
        let model = SalesModel(rules: rules, applying: events)
        var overlapping = 0
        for tenant in History.tenants {
            let figures = model.figures(of: tenant)
            var catalog = Catalog()
            for target in figures.targets { catalog.put(CatalogTarget(target: target, revision: 1)) }
            for (key, entry) in OrderEntries(applying: events).entries where key.tenant == tenant {
                guard let worth = rules.worth(of: entry) else { continue }
                let found = catalog.contributions(of: worth)
                let overlaps = Dictionary(
                    uniqueKeysWithValues: catalog.overlaps(of: worth, revision: 1).map {
                        ($0.target.target.id, $0.tally)
                    }
                )
                var expected: [Identifier: Tally] = [:]
                for target in figures.targets where target.period.contains(worth.day) {
                    let credits = worth.credits.filter { target.assignees.contains($0.salesperson) }
                    if credits.isEmpty { continue }
                    let sum = credits.reduce(Tally.zero) { $0 + Tally(revenue: $1.amount, orders: 1) }
                    let capped = worth.total < 0 ? max(sum.revenue, worth.total) : min(sum.revenue, worth.total)
                    expected[target.id] = Tally(revenue: capped, orders: 1)
                    #expect(sum - (overlaps[target.id] ?? .zero) == expected[target.id], "seed \(seedOfThisRun)")
                    if overlaps[target.id] != nil { overlapping += 1 }
                }
                #expect(found.map(\.target.target.id) == expected.keys.sorted(), "seed \(seedOfThisRun)")
                #expect(found.map(\.tally) == expected.keys.sorted().map { expected[$0]! }, "seed \(seedOfThisRun)")
                #expect(Set(overlaps.keys).isSubset(of: expected.keys))
                #expect(catalog.overlaps(of: worth, revision: 0).isEmpty)
            }
        }
        #expect(overlapping > 20)
    }

    @Test("A target needs a goal above zero, an assignee, and a period within the bounds")
    func bounds() {
        func make(_ goal: Int64, _ end: String, _ people: Int) -> Target? {
            Target(
                id: id("T-1"),
                measure: .revenue,
                goal: goal,
                period: period("2026-01-01", end),
                assignees: (0..<people).map { id("u-\($0)") }
            )
        }
        #expect(make(1, "2035-12-31", 1_000) != nil)
        #expect(make(Money.bound, "2026-01-01", 1) != nil)
        #expect(make(0, "2026-01-01", 1) == nil)
        #expect(make(Money.bound + 1, "2026-01-01", 1) == nil)
        #expect(make(1, "2026-01-01", 0) == nil)
        #expect(make(1, "2026-01-01", 1_001) == nil)
        #expect(make(1, "2036-01-02", 1) == nil)
        #expect(
            target("T-1", from: "2026-01-01", to: "2026-12-31", for: "b", "a", "b").assignees == [id("a"), id("b")]
        )
    }
}
