internal import SalesRules

/// Quantities as text (docs/CONTRACT.md, "Conventions").
enum Quantity {
    /// Money as a decimal, a count as an integer, both as strings.
    static func text(_ value: Int64, _ measure: Measure, _ currency: Currency) -> String {
        switch measure {
        case .revenue: Money.text(value, in: currency)
        case .orders: String(value)
        }
    }

    /// A JSON number with one decimal.
    static func percent(_ permille: Int64) -> String { Decimal.text(permille, scale: 1) }
}
