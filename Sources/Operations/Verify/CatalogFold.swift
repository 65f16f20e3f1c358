internal import SalesRules

/// Targets and people as the log leaves them.
package struct CatalogFold: Sendable {
    private(set) var targets: [TenantScoped: Versioned<Target>] = [:]
    private(set) var people: [TenantScoped: PersonEntry] = [:]

    mutating func apply(_ change: TargetChange, to key: TenantScoped) {
        targets[key, default: Versioned()].apply(change)
    }

    mutating func apply(_ change: PersonChange, to key: TenantScoped) {
        people[key, default: PersonEntry()].apply(change)
    }
}
