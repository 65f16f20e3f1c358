/// Money and number of some orders. A sum stays at the limit of 64 bits where it would overflow; add up many tallies in a
/// ``TallySum``.
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

    /// The difference of two figures; it stays at the limit of 64 bits where it would overflow.
    public static func difference(_ left: Int64, _ right: Int64) -> Int64 {
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
