/// One change in a sales record, as the topics carry it (docs/CONTRACT.md, "Events").
public struct Event: Hashable, Sendable {
    /// The tenant that the record belongs to.
    public let tenant: Identifier
    /// What changed.
    public let change: Change

    /// What changed, and which record it belongs to.
    public enum Change: Hashable, Sendable {
        /// The id is the order's, also where only one of its allocations changed.
        case order(Identifier, OrderChange)
        case target(Identifier, TargetChange)
        case person(Identifier, PersonChange)
    }

    /// A change of a record of this tenant.
    public init(tenant: Identifier, _ change: Change) {
        self.tenant = tenant
        self.change = change
    }
}
