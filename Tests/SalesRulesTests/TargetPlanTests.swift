import Model
import SalesRules
import Testing

@Suite("Year plans and copies of targets")
struct TargetPlanTests {
    private func ids() -> () -> Identifier {
        var number = 0
        return {
            number += 1
            return id("N-\(number)")
        }
    }

    private func months(_ goal: Int64, year: Int = 2026, name: String = "Plan") -> [Target]? {
        YearPlan(name: name, measure: .revenue, goal: goal, year: year, assignees: [id("own")])
            .targets(version: 1, makeID: ids())
    }

    @Test(
        "The goals of the twelve months add up to the year's goal",
        arguments: [(365_00, 2026), (366_00, 2028), (12, 2026), (100_000_01, 2027), (10_000_000_000_000, 2026)]
            as [(Int64, Int)]
    )
    func addUp(goal: Int64, year: Int) throws {
        let targets = try #require(months(goal, year: year))
        #expect(targets.map(\.goal).reduce(0, +) == goal)
        #expect(targets.count == 12)
        for (month, target) in targets.enumerated() {
            #expect(target.period == Month(year: year, month: month + 1).period)
            #expect(target.version == 1)
        }
    }

    @Test("A goal of one unit for each day of the year gives each month as many units as it has days")
    func days() throws {
        let targets = try #require(months(365))
        #expect(targets.map(\.goal) == [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
        #expect(targets.map(\.name).prefix(2) == ["Plan 2026-01", "Plan 2026-02"])
        #expect(targets.map(\.id.rawValue).suffix(1) == ["N-12"])
        #expect(try #require(months(365, name: "")).first?.name == "2026-01")
    }

    @Test("The goals of the months equal the widget's lines", arguments: [1_000_01, 99_999_99, 123_45])
    func sameAsTheLines(goal: Int64) throws {
        let year = target(goal: goal, from: "2026-01-01", to: "2026-12-31")
        let lines = catalog(year).monthGoals(of: id("own"), year: 2026, measure: .revenue)
        #expect(try #require(months(goal)).map(\.goal) == lines)
    }

    @Test("A goal that leaves a month with 0 is refused", arguments: [1, 11] as [Int64])
    func tooSmall(goal: Int64) { #expect(months(goal) == nil) }

    private func copies(
        _ targets: [Target],
        from: Int = 2025,
        to: Int = 2026,
        percent: String = "0",
        salesperson: String? = nil,
        measure: Measure? = nil
    ) throws -> [Target] {
        var catalog = Catalog()
        for target in targets { catalog.put(CatalogTarget(target: target, revision: 1)) }
        let plan = CopyPlan(
            from: from,
            to: to,
            percent: try Decimal(percent),
            salesperson: salesperson.map { id($0) },
            measure: measure
        )
        return try catalog.copies(try #require(plan), version: 1, makeID: ids())
    }

    @Test(
        "A copy has the same dates in the other year, and the last day of February stays the last day",
        arguments: [
            ("2025-01-01", "2025-12-31", 2026, "2026-01-01", "2026-12-31"),
            ("2025-04-02", "2025-04-29", 2027, "2027-04-02", "2027-04-29"),
            ("2024-02-01", "2024-02-29", 2025, "2025-02-01", "2025-02-28"),
            ("2025-02-01", "2025-02-28", 2028, "2028-02-01", "2028-02-29"),
            ("2024-02-29", "2024-03-31", 2025, "2025-02-28", "2025-03-31"),
            ("2024-02-28", "2024-02-28", 2025, "2025-02-28", "2025-02-28"),
            ("2024-02-29", "2024-02-29", 2028, "2028-02-29", "2028-02-29"),
        ]
    )
    func periods(start: String, end: String, year: Int, newStart: String, newEnd: String) throws {
        let source = target(from: start, to: end)
        let copy = try #require(try copies([source], from: source.period.start.year, to: year).first)
        #expect(copy.period == period(newStart, newEnd))
        #expect(copy.assignees == source.assignees)
        #expect(copy.id == id("N-1"))
    }

    @Test(
        "The percentage is applied to a goal exactly, and rounded half-even",
        arguments: [
            (100_00, "5", 105_00), (100_00, "-5", 95_00), (100_00, "0", 100_00), (1_01, "50", 1_52), (1_03, "50", 1_54),
            (3, "33.3333", 4), (100_00, "0.0001", 100_00), (1_000_000_00, "0.0001", 1_000_001_00), (100, "-99", 1),
            (100, "1000", 1_100), (7, "0.123456789012345678", 7),
        ] as [(Int64, String, Int64)]
    )
    func percent(goal: Int64, percent: String, expected: Int64) throws {
        let source = target(goal: goal, from: "2025-01-01", to: "2025-12-31")
        #expect(try copies([source], percent: percent).map(\.goal) == [expected])
    }

    @Test("A goal that would be zero or too large is refused with the target's id")
    func refusedGoals() {
        let small = target("T-small", goal: 1, from: "2025-01-01", to: "2025-12-31")
        #expect(throws: CopyRefusal.goal(id("T-small"))) { try copies([small], percent: "-99") }
        let large = target("T-large", goal: Money.bound, from: "2025-01-01", to: "2025-12-31")
        #expect(throws: CopyRefusal.goal(id("T-large"))) { try copies([large], percent: "0.0001") }
    }

    @Test("A copy plan has two different years, and a percentage from -99 to 1000")
    func plans() throws {
        #expect(CopyPlan(from: 2025, to: 2025, percent: .one) == nil)
        for (percent, isAllowed) in [
            ("-99", true), ("-99.01", false), ("1000", true), ("1000.0001", false), ("-100", false),
        ] {
            #expect((CopyPlan(from: 2025, to: 2026, percent: try Decimal(percent)) != nil) == isAllowed)
        }
    }

    @Test("Only targets inside the year are copied, filtered by person and measure")
    func chosen() throws {
        let targets = [
            target("a", from: "2025-01-01", to: "2025-12-31"),
            target("b", from: "2025-07-01", to: "2026-06-30"), target("c", from: "2024-12-31", to: "2025-01-31"),
            target("d", measure: .orders, goal: 5, from: "2025-05-01", to: "2025-05-31", for: "ann"),
            target("e", from: "2026-01-01", to: "2026-01-31"),
        ]
        #expect(try copies(targets).map(\.period.start) == [day("2026-01-01"), day("2026-05-01")])
        #expect(try copies(targets, salesperson: "ann").map(\.measure) == [.orders])
        #expect(try copies(targets, measure: .revenue).map(\.measure) == [.revenue])
        #expect(try copies(targets, salesperson: "ann", measure: .revenue).isEmpty)
    }

    @Test("Targets that exist in the other year are left out, whatever their goal, and equal copies become one")
    func existing() throws {
        let names = ["Q1 2025", "Q1 2026", "Q1 2025", "Q2 2025"]
        let years = [2025, 2026, 2025, 2025]
        let targets = zip(names, years).enumerated().map { place, item in
            target("T-\(place)", goal: Int64(place + 1), from: "\(item.1)-01-01", to: "\(item.1)-03-31", named: item.0)
        }
        #expect(try copies(targets).map(\.name) == ["Q2 2026"])
        #expect(try copies(Array(targets.dropFirst(2))).map(\.name) == ["Q1 2026", "Q2 2026"])
    }

    @Test(
        "The year in a name is replaced when it is a separate number",
        arguments: [
            ("Revenue 2025", "Revenue 2026"), ("2025", "2026"), ("FY2025-2025", "FY2026-2026"),
            ("Order 120255", "Order 120255"), ("20252025", "20252025"), ("2024/2025", "2024/2026"), ("", ""),
            ("Omzet Noord", "Omzet Noord"),
        ]
    )
    func names(name: String, expected: String) throws {
        let source = target(from: "2025-01-01", to: "2025-01-31", named: name)
        #expect(try copies([source]).map(\.name) == [expected])
    }

    @Test("More than 1,000 copies at once are refused")
    func tooMany() throws {
        let targets = (1...1_001).map { target("T-\($0)", from: "2025-01-01", to: "2025-12-31", named: "\($0)") }
        #expect(try copies(Array(targets.dropLast())).count == 1_000)
        #expect(throws: CopyRefusal.tooMany) { try copies(targets) }
    }
}

@Suite("The unallocated amount of an order")
struct UnallocatedTests {
    @Test(
        "It is the total less each person's allocations, and stops at zero",
        arguments: [
            (100_00, [], 100_00), (100_00, ["A-1 ann 40%"], 60_00), (100_00, ["A-1 ann 40%", "A-2 bob 60%"], 0),
            (100_00, ["A-1 ann 80%", "A-2 bob 80%"], 0), (100_00, ["A-1 ann"], 0), (100_00, ["A-1 ann 12.34"], 87_66),
            (100_00, ["A-1 ann 70%", "A-2 ann 70%", "A-3 bob 10"], 0), (-100_00, ["A-1 ann 40%"], -60_00),
            (100_00, ["A-1 own 25%"], 75_00), (0, ["A-1 ann 40%"], 0), (-100_00, ["A-1 ann 200.00"], 0),
            (100_01, ["A-1 ann 50%"], 50_01),
        ] as [(Int64, [String], Int64)],
        [OwnerCredit.whole, .remainder, .none]
    )
    func amounts(order: (total: Int64, allocations: [String], left: Int64), ownerCredit: OwnerCredit) {
        let entry = entry(SalesRulesTests.order(total: order.total), order.allocations)
        #expect(Rules(ownerCredit: ownerCredit).unallocated(of: entry) == order.left)
    }

    @Test("It is in the reporting currency, and includes orders that do not count")
    func otherOrders() {
        let yen = order(total: 13_000, currency: "JPY", rate: "162.5", status: "Cancelled")
        #expect(Rules().unallocated(of: entry(yen, ["A-1 ann 6500"])) == 40_00)
        let deleted = entry(.saved(order(), listed: nil, version: nil), .deleted(version: nil))
        #expect(Rules().unallocated(of: deleted) == 100_00)
        #expect(Rules().unallocated(of: OrderEntry()) == nil)
    }
}
