/// One thing that happened, as the contract's topics carry it.
public struct Event: Hashable, Sendable {
    /// The organisation it happened in.
    public let tenant: Identifier
    /// What happened.
    public let change: Change

    /// What changed, and which record it belongs to.
    public enum Change: Hashable, Sendable {
        /// The order's id, also where only one of its allocations changed.
        case order(Identifier, OrderChange)
        case target(Identifier, TargetChange)
        case person(Identifier, PersonChange)
    }

    /// A change in this organisation.
    public init(tenant: Identifier, _ change: Change) {
        self.tenant = tenant
        self.change = change
    }
}
