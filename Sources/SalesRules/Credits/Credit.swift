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
    public internal(set) var amount: Int64

    /// A credit for this person.
    public init(salesperson: Identifier, amount: Int64) {
        self.salesperson = salesperson
        self.amount = amount
    }
}
