/// Why someone is credited with an amount.
public enum CreditReason: Hashable, Sendable {
    /// They own the order.
    case owner
    /// They own the order and are credited with the part of the total that its allocations leave.
    case remainder
    /// An allocation names them.
    case allocation(Identifier, Allocation.Limit)
}

/// What one order earns one salesperson.
public struct Credit: Hashable, Sendable {
    /// Who is credited.
    public let salesperson: Identifier
    /// Minor units of the reporting currency; below zero for a credit note.
    public let amount: Int64
    /// The reasons: the owner's part, or one allocation or more.
    public let because: [CreditReason]

    /// A credit for this person.
    public init(salesperson: Identifier, amount: Int64, because: [CreditReason]) {
        self.salesperson = salesperson
        self.amount = amount
        self.because = because
    }
}

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

/// A sum over orders: money and number. The bounds of orders keep sums far below the limits of 64 bits. Redis may hold
/// other numbers if another program wrote them; then a sum stays at the limit, so that this program does not crash.
public struct Tally: Hashable, Sendable {
    /// Minor units of the reporting currency.
    public var revenue: Int64
    /// How many orders.
    public var orders: Int64

    /// Nothing.
    public static let zero = Tally(revenue: 0, orders: 0)

    /// A sum with these figures.
    public init(revenue: Int64, orders: Int64) {
        self.revenue = revenue
        self.orders = orders
    }

    public static func + (left: Tally, right: Tally) -> Tally {
        Tally(revenue: sum(left.revenue, right.revenue), orders: sum(left.orders, right.orders))
    }

    public static func - (left: Tally, right: Tally) -> Tally {
        Tally(revenue: difference(left.revenue, right.revenue), orders: difference(left.orders, right.orders))
    }

    public static func += (left: inout Tally, right: Tally) { left = left + right }

    public static func -= (left: inout Tally, right: Tally) { left = left - right }

    /// The sum of two figures; it stays at the limit of 64 bits where it would overflow.
    public static func sum(_ left: Int64, _ right: Int64) -> Int64 {
        let (sum, overflows) = left.addingReportingOverflow(right)
        return overflows ? (right < 0 ? .min : .max) : sum
    }

    private static func difference(_ left: Int64, _ right: Int64) -> Int64 {
        let (difference, overflows) = left.subtractingReportingOverflow(right)
        return overflows ? (right < 0 ? .max : .min) : difference
    }

    /// The figure that a target of this measure counts.
    public func quantity(_ measure: Measure) -> Int64 {
        switch measure {
        case .revenue: revenue
        case .orders: orders
        }
    }
}
