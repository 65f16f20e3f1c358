/// One change in a sales record, as the topics carry it (docs/CONTRACT.md, "Events").
public struct Event: Hashable, Sendable {
    /// The tenant that the record belongs to.
    public let tenant: Identifier
    /// What changed.
    public let change: Change
    /// Whether the program wrote it to restate what earlier records of the key gave (docs/CONTRACT.md, "Compaction").
    public let isRestated: Bool

    /// What changed, and which record it belongs to.
    public enum Change: Hashable, Sendable {
        /// The id is the order's, also where only one of its allocations changed.
        case order(Identifier, OrderChange)
        case target(Identifier, TargetChange)
        case person(Identifier, PersonChange)
    }

    /// A change of a record of this tenant.
    public init(tenant: Identifier, _ change: Change, isRestated: Bool = false) {
        self.tenant = tenant
        self.change = change
        self.isRestated = isRestated
    }
}
