package import SalesRules

/// Why the record of a change that could be read is a dead letter.
package enum ChangeFault: Hashable, Sendable {
    /// The change is applied, but its order has allocations beyond a bound.
    case bound(BoundExceeded)
    /// The change is not applied.
    case sum(SumTooLarge)
}

/// A change would carry the sum of a day beyond 64 bits (docs/CONTRACT.md, "Bounds").
package struct SumTooLarge: Error, Hashable, Sendable {
    /// Whose orders; nil for all orders of the tenant.
    package let person: Identifier?
    /// The day of the sum.
    package let day: Day

    /// Why, for people.
    package var reason: String {
        let orders = person.map { "the orders of \($0)" } ?? "all orders"
        return "\(orders) on \(day) would add up to more than 64 bits of minor units can hold"
    }
}
