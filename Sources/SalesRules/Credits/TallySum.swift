/// Adds up tallies, positive and negative ones in any order, without an overflow on the way.
public struct TallySum: Hashable, Sendable {
    /// Minor units of the reporting currency.
    public var revenue: Int128
    /// How many orders.
    public var orders: Int64

    /// Nothing.
    public static let zero = TallySum(revenue: 0, orders: 0)

    /// A sum with these figures.
    public init(revenue: Int128, orders: Int64) {
        self.revenue = revenue
        self.orders = orders
    }

    /// The sum of one tally.
    public init(_ tally: Tally) { self.init(revenue: Int128(tally.revenue), orders: tally.orders) }

    public static func += (left: inout TallySum, right: TallySum) {
        left.revenue += right.revenue
        left.orders = Tally.sum(left.orders, right.orders)
    }

    public static func -= (left: inout TallySum, right: TallySum) {
        left.revenue -= right.revenue
        left.orders = Tally.difference(left.orders, right.orders)
    }

    public static func += (left: inout TallySum, right: Tally) { left += TallySum(right) }

    public static func -= (left: inout TallySum, right: Tally) { left -= TallySum(right) }

    /// The sum; at the limit of 64 bits where it is beyond.
    public var tally: Tally { Tally(revenue: Int64(clamping: revenue), orders: orders) }
}
