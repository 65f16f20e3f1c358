import Model
import SalesRules
import Testing

@Suite("Progress and pace")
struct ProgressTests {
    private let quarter = target(goal: 250_000_00, from: "2026-01-01", to: "2026-03-31")

    private func progress(_ revenue: Int64, on today: String) -> Progress {
        Progress(of: quarter, realized: Tally(revenue: revenue, orders: 63), today: day(today))
    }

    @Test("The example of docs/CONTRACT.md: 120000.00 of 250000.00 on the 36th of 90 days")
    func example() {
        let progress = progress(120_000_00, on: "2026-02-05")
        #expect(progress.permille == 480)
        #expect(progress.expected == 100_000_00)
        #expect(progress.projected == 300_000_00)
        #expect(progress.status == .ahead)
        #expect(progress.realized == Tally(revenue: 120_000_00, orders: 63))
    }

    @Test(
        "The status of a target",
        arguments: [
            (99_999_99, "2026-02-05", .behind), (100_000_00, "2026-02-05", .ahead), (0, "2025-12-31", .upcoming),
            (0, "2026-01-01", .behind), (250_000_00, "2026-02-05", .achieved), (249_999_99, "2026-03-31", .behind),
            (249_999_99, "2026-04-01", .missed), (250_000_00, "2026-04-01", .achieved),
            (325_000_00, "2025-12-31", .achieved), (-1, "2026-02-05", .behind), (-1, "2027-02-05", .missed),
        ] as [(Int64, String, Progress.Status)]
    )
    func status(revenue: Int64, today: String, status: Progress.Status) {
        #expect(progress(revenue, on: today).status == status)
    }

    @Test("Before its period a target expects 0, and its projection is the current result")
    func upcoming() {
        let progress = progress(1_000_00, on: "2025-06-01")
        #expect(progress.expected == 0)
        #expect(progress.projected == 1_000_00)
    }

    @Test("After its period a target expects its whole goal, and its projection is the result")
    func over() {
        let progress = progress(200_000_00, on: "2027-01-01")
        #expect(progress.expected == 250_000_00)
        #expect(progress.projected == 200_000_00)
    }

    @Test("A negative result gives a lower projection")
    func negative() {
        let progress = progress(-100_00, on: "2026-02-05")
        #expect(progress.projected == -250_00)
        #expect(progress.permille == 0)
    }

    @Test("A target for orders counts orders")
    func orders() {
        let year = target("T-2", measure: .orders, goal: 120, from: "2026-01-01", to: "2026-12-31")
        let progress = Progress(of: year, realized: Tally(revenue: 9, orders: 60), today: day("2026-12-31"))
        #expect(progress.permille == 500)
        #expect(progress.expected == 120)
        #expect(progress.status == .behind)
    }

    @Test(
        "A percentage is rounded half-even to one decimal",
        arguments: [
            (0, 100, 0), (812_350, 1_200_000, 677), (1, 3, 333), (2, 3, 667), (1, 2_000, 0), (3, 2_000, 2),
            (5, 2_000, 2),
            (-3, 2_000, -2), (13, 10, 1_300), (7, 0, 0), (10_000_000_000_000, 1, 10_000_000_000_000_000),
        ] as [(Int64, Int64, Int64)]
    )
    func permille(quantity: Int64, goal: Int64, permille: Int64) {
        #expect(Progress.permille(quantity, of: goal) == permille)
    }
}
