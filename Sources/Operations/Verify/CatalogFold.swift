internal import SalesRules

/// The targets and people that result from the log.
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
