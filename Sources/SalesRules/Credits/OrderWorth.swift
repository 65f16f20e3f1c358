/// What an order counts for: its day, its total in the reporting currency, and the credits.
public struct OrderWorth: Hashable, Sendable {
    /// The day it counts on.
    public let day: Day
    /// Minor units of the reporting currency.
    public let total: Int64
    /// One for each credited person, sorted by their ids; empty without a credited person.
    public let credits: [Credit]

    /// The worth of an order of this day.
    public init(day: Day, total: Int64, credits: [Credit]) {
        self.day = day
        self.total = total
        self.credits = credits
    }

    /// What the order counts for `people` together: at most its total, and one order (rule 3 in docs/CONTRACT.md).
    /// Nil when none of them is credited.
    public func tally(of people: Set<Identifier>) -> Tally? {
        tally { people.contains($0) }
    }

    /// What the order counts for everyone together; nil without a credited person.
    public var tallyOfAll: Tally? {
        tally { _ in true }
    }

    private func tally(where isIncluded: (Identifier) -> Bool) -> Tally? {
        var sum: UInt64 = 0
        var people = 0
        for credit in credits where isIncluded(credit.salesperson) {
            sum += credit.amount.magnitude
            people += 1
        }
        guard people > 0 else { return nil }
        let capped = Int64(min(sum, total.magnitude))
        return Tally(revenue: total < 0 ? -capped : capped, orders: 1)
    }
}
