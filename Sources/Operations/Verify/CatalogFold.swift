internal import SalesRules

/// The targets and people that result from the log.
package struct CatalogFold: Sendable {
    private(set) var targets: [TenantScoped: Versioned<Target>] = [:]
    /// By tenant and id.
    private(set) var people: [Identifier: [Identifier: PersonEntry]] = [:]

    mutating func apply(_ change: TargetChange, to key: TenantScoped, isRestated: Bool) {
        guard isRestated else {
            targets[key, default: Versioned()].apply(change)
            return
        }
        // What was deleted without a version is known too.
        if targets[key] != nil, change.version == nil { return }
        _ = targets[key, default: Versioned()].restate(change)
    }

    mutating func apply(_ change: PersonChange, to key: TenantScoped, isRestated: Bool) {
        people[key.tenant, default: [:]][key.id, default: PersonEntry()].apply(change, isRestated: isRestated)
    }
}
