import Model
import SalesRules
import Testing

@Suite("Goals of the months, for the widget's lines")
struct GoalTests {
    private func goals(_ catalog: Catalog, _ person: String = "own", _ year: Int = 2026) -> [Int64] {
        catalog.monthGoals(of: id(person), year: year, measure: .revenue)
    }

    @Test("A goal is spread evenly over the days of its period")
    func spread() {
        let goals = goals(catalog(target(goal: 365_00, from: "2026-01-01", to: "2026-12-31")))
        #expect(goals == [31_00, 28_00, 31_00, 30_00, 31_00, 30_00, 31_00, 31_00, 30_00, 31_00, 30_00, 31_00])
    }

    @Test("A period that begins within a month counts only its days of that month")
    func partOfAMonth() {
        let goals = goals(catalog(target(goal: 10_00, from: "2026-01-30", to: "2026-02-08")))
        #expect(goals == [2_00, 8_00] + Array(repeating: 0, count: 10))
    }

    @Test(
        "The months of a target add up to its goal to the cent",
        arguments: [1, 99, 100_000_01, 9_999_999_999] as [Int64]
    )
    func addUp(goal: Int64) {
        let catalog = catalog(
            target("T-1", goal: goal, from: "2026-01-01", to: "2026-12-31"),
            target("T-2", goal: goal, from: "2027-03-15", to: "2028-08-02", for: "ann")
        )
        #expect(goals(catalog).reduce(0, +) == goal)
        let across = goals(catalog, "ann", 2027) + goals(catalog, "ann", 2028)
        #expect(across.reduce(0, +) == goal)
    }

    @Test("When targets of different lengths cover a month, the shortest give its goal")
    func shortestDecides() {
        let catalog = catalog(
            target("T-1", goal: 365_00, from: "2026-01-01", to: "2026-12-31"),
            target("T-2", goal: 31_000_00, from: "2026-03-01", to: "2026-03-31"),
            target("T-3", goal: 9_00, from: "2026-03-01", to: "2026-03-31"),
            target("T-4", measure: .orders, goal: 5, from: "2026-03-01", to: "2026-03-02")
        )
        let goals = goals(catalog)
        #expect(goals[1...3] == [28_00, 31_009_00, 30_00])
        #expect(catalog.monthGoals(of: id("own"), year: 2026, measure: .orders)[2] == 5)
    }

    @Test("A shared target counts an equal share for each assignee, and its whole goal for everyone")
    func shared() {
        let catalog = catalog(
            target("T-1", goal: 30_00, from: "2026-03-01", to: "2026-03-31", for: "own", "ann", "bob"),
            target("T-2", goal: 7_00, from: "2026-03-01", to: "2026-03-31", for: "ann")
        )
        #expect(goals(catalog)[2] == 10_00)
        #expect(goals(catalog, "ann")[2] == 17_00)
        #expect(catalog.monthGoalsOfAll(year: 2026, measure: .revenue)[2] == 37_00)
    }

    @Test("For everyone, a shared target counts only the shares of people without a shorter target")
    func everyone() {
        let catalog = catalog(
            target("T-1", goal: 31_00, from: "2026-03-01", to: "2026-03-31", for: "own"),
            target("T-2", goal: 730_00, from: "2026-01-01", to: "2026-12-31", for: "own", "ann")
        )
        let all = catalog.monthGoalsOfAll(year: 2026, measure: .revenue)
        #expect(all[1...2] == [56_00, 62_00])
        #expect(catalog.monthGoalsOfAll(year: 2025, measure: .revenue) == Array(repeating: 0, count: 12))
    }

    @Test("Goals of random targets equal the model's, for each person and for everyone")
    func model() {
        let events = History(seed: seedOfThisRun, events: 4_000, targets: 60)
        let model = SalesModel(rules: Rules(), applying: events)
        for tenant in History.tenants {
            let figures = model.figures(of: tenant)
            var catalog = Catalog()
            for target in figures.targets { catalog.put(CatalogTarget(target: target, revision: 1)) }
            for (year, measure) in History.years.flatMap({ year in Measure.allCases.map { (year, $0) } }) {
                for person in events.people {
                    let goals = catalog.monthGoals(of: person, year: year, measure: measure)
                    #expect(goals == figures.goals(year, of: person, measure: measure), "seed \(seedOfThisRun)")
                }
                let all = catalog.monthGoalsOfAll(year: year, measure: measure)
                #expect(all == figures.goals(year, of: nil, measure: measure), "seed \(seedOfThisRun)")
            }
        }
    }
}
