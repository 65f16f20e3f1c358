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

    @Test("On a day with targets of different lengths, the shortest give the goal")
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

    @Test("Days of a month that a short target leaves are taken by a longer one")
    func everyDay() {
        let catalog = catalog(
            target("T-1", goal: 365_00, from: "2026-01-01", to: "2026-12-31"),
            target("T-2", goal: 1_000_00, from: "2026-03-11", to: "2026-03-20"),
            target("T-3", goal: 100_00, from: "2026-03-20", to: "2026-03-20")
        )
        // Of the ten days the last one is T-3's, and 21 days are left to T-1.
        #expect(goals(catalog)[2] == 900_00 + 100_00 + 21_00)
    }

    /// The targets of one person: their periods do not overlap, and share months.
    struct Plan: CustomTestStringConvertible {
        let testDescription: String
        let targets: [(goal: Int64, from: String, to: String)]
        let months: [Int: Int64]
    }

    @Test(
        "Periods that do not overlap add up within a month",
        arguments: [
            Plan(
                testDescription: "half months",
                targets: [(1_500_00, "2026-01-01", "2026-01-15"), (1_600_00, "2026-01-16", "2026-01-31")],
                months: [1: 3_100_00]
            ),
            Plan(
                testDescription: "four, four and five weeks",
                targets: [
                    (2_800_00, "2025-12-29", "2026-01-25"), (2_800_00, "2026-01-26", "2026-02-22"),
                    (3_500_00, "2026-02-23", "2026-03-29"),
                ],
                months: [1: 3_100_00, 2: 2_800_00, 3: 2_900_00]
            ),
            Plan(
                testDescription: "from the 16th to the 15th",
                targets: [
                    (3_100_00, "2026-01-16", "2026-02-15"), (2_800_00, "2026-02-16", "2026-03-15"),
                    (3_100_00, "2026-03-16", "2026-04-15"),
                ],
                months: [1: 1_600_00, 2: 2_800_00, 3: 3_100_00, 4: 1_500_00]
            ),
            Plan(
                testDescription: "a goal raised on the 21st",
                targets: [(2_000_00, "2026-01-01", "2026-01-20"), (1_650_00, "2026-01-21", "2026-01-31")],
                months: [1: 3_650_00]
            ),
            Plan(
                testDescription: "quarters of 13 and of 14 weeks",
                targets: [(9_100_00, "2026-03-30", "2026-06-28"), (9_800_00, "2026-06-29", "2026-10-04")],
                months: [6: 3_000_00]
            ),
        ]
    )
    func withinAMonth(plan: Plan) {
        var catalog = Catalog()
        for (number, part) in plan.targets.enumerated() {
            let target = target("T-\(number)", goal: part.goal, from: part.from, to: part.to)
            catalog.put(CatalogTarget(target: target, revision: 1))
        }
        let (line, all) = (goals(catalog), catalog.monthGoalsOfAll(year: 2026, measure: .revenue))
        for (month, goal) in plan.months {
            #expect(line[month - 1] == goal, "month \(month)")
            #expect(all[month - 1] == goal, "month \(month) of everyone")
        }
    }

    @Test("A person's own targets go before those they share; a shared one counts where they have none")
    func ownFirst() {
        let catalog = catalog(
            target("T-1", goal: 365_00, from: "2026-01-01", to: "2026-12-31", for: "own"),
            target("T-2", goal: 62_00, from: "2026-03-01", to: "2026-03-31", for: "own", "ann")
        )
        #expect(goals(catalog)[1...2] == [28_00, 31_00])
        #expect(goals(catalog, "ann")[1...2] == [0, 31_00])
    }

    @Test("A target that is not part of the year's line is left out of it, also where it is the only one")
    func notInYear() {
        let catalog = catalog(
            target("T-1", goal: 365_00, from: "2026-01-01", to: "2026-12-31"),
            target("T-2", goal: 9_000_00, from: "2026-12-20", to: "2026-12-24", inYear: false),
            target("T-3", goal: 9_000_00, from: "2026-12-20", to: "2026-12-24", inYear: false, for: "ann")
        )
        #expect(goals(catalog)[11] == 31_00)
        #expect(goals(catalog, "ann")[11] == 0)
        #expect(catalog.monthGoalsOfAll(year: 2026, measure: .revenue)[11] == 31_00)
    }

    @Test("A shared target counts an equal share for each assignee, and its whole goal for everyone")
    func shared() {
        let catalog = catalog(
            target("T-1", goal: 30_00, from: "2026-03-01", to: "2026-03-31", for: "own", "ann", "bob"),
            target("T-2", goal: 10_00, from: "2026-04-01", to: "2026-04-30", for: "own", "ann", "bob"),
            target("T-3", goal: 7_00, from: "2026-03-01", to: "2026-03-31", for: "ann")
        )
        #expect(goals(catalog)[2...3] == [10_00, 3_33])
        #expect(goals(catalog, "ann")[2...3] == [7_00, 3_33])
        #expect(catalog.monthGoalsOfAll(year: 2026, measure: .revenue)[2...3] == [27_00, 10_00])
    }

    @Test("For everyone, a shared target counts only the shares of people without a target of their own")
    func everyone() {
        let catalog = catalog(
            target("T-1", goal: 31_00, from: "2026-03-01", to: "2026-03-31", for: "own"),
            target("T-2", goal: 730_00, from: "2026-01-01", to: "2026-12-31", for: "own", "ann")
        )
        let all = catalog.monthGoalsOfAll(year: 2026, measure: .revenue)
        #expect(all[1...2] == [56_00, 62_00])
        #expect(catalog.monthGoalsOfAll(year: 2025, measure: .revenue) == Array(repeating: 0, count: 12))
    }

    @Test("Goals beyond 64 bits stay at their limit")
    func overflow() {
        var catalog = Catalog()
        for number in 0..<10_000 {
            let target = target("T-\(number)", goal: Money.bound, from: "2026-03-01", to: "2026-03-01")
            catalog.put(CatalogTarget(target: target, revision: 1))
        }
        #expect(goals(catalog)[2] == .max)
        #expect(catalog.monthGoalsOfAll(year: 2026, measure: .revenue)[2] == .max)
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
