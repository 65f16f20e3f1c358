/// Why someone is credited with an amount.
public enum CreditReason: Hashable, Sendable {
    /// They own the order.
    case owner
    /// They own the order and are credited with what its allocations leave.
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
    /// What it comes from, one allocation or more.
    public let because: [CreditReason]

    /// A credit of this person.
    public init(salesperson: Identifier, amount: Int64, because: [CreditReason]) {
        self.salesperson = salesperson
        self.amount = amount
        self.because = because
    }
}

/// What an order counts for: its total in the reporting currency and who is credited with how much of it.
public struct OrderWorth: Hashable, Sendable {
    /// The day it counts on.
    public let day: Day
    /// Minor units of the reporting currency.
    public let total: Int64
    /// One for each person credited, sorted by their ids; empty when nobody is.
    public let credits: [Credit]

    /// What an order of this day counts for.
    public init(day: Day, total: Int64, credits: [Credit]) {
        self.day = day
        self.total = total
        self.credits = credits
    }

    /// What those of `people` among the credited have together, counting no euro and no order twice (rules 2 and 3);
    /// nil when none of them is credited.
    public func tally(of people: Set<Identifier>) -> Tally? {
        tally { people.contains($0) }
    }

    /// What the order counts for everyone together; nil when nobody is credited.
    public var tallyOfAll: Tally? {
        tally { _ in true }
    }

    private func tally(where isMeant: (Identifier) -> Bool) -> Tally? {
        var sum: UInt64 = 0
        var people = 0
        for credit in credits where isMeant(credit.salesperson) {
            sum += credit.amount.magnitude
            people += 1
        }
        guard people > 0 else { return nil }
        let capped = Int64(min(sum, total.magnitude))
        return Tally(revenue: total < 0 ? -capped : capped, orders: 1)
    }
}

/// A sum over orders: money and number. Bounds keep sums far from what 64 bits hold; where other numbers were written
/// into Redis by another program, a sum stops at the end instead of ending ours.
public struct Tally: Hashable, Sendable {
    /// Minor units of the reporting currency.
    public var revenue: Int64
    /// How many orders.
    public var orders: Int64

    /// Nothing.
    public static let zero = Tally(revenue: 0, orders: 0)

    /// A sum of this much.
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

    /// The sum of two figures, which stops at the ends of 64 bits.
    public static func sum(_ left: Int64, _ right: Int64) -> Int64 {
        let (sum, isBeyond) = left.addingReportingOverflow(right)
        return isBeyond ? (right < 0 ? .min : .max) : sum
    }

    private static func difference(_ left: Int64, _ right: Int64) -> Int64 {
        let (difference, isBeyond) = left.subtractingReportingOverflow(right)
        return isBeyond ? (right < 0 ? .max : .min) : difference
    }

    /// The figure a target of this measure counts.
    public func quantity(_ measure: Measure) -> Int64 {
        switch measure {
        case .revenue: revenue
        case .orders: orders
        }
    }
}
