internal import SalesRules

/// Targets and people as the log leaves them, by the contract's rule of versions.
package struct CatalogFold: Sendable {
    private(set) var targets: [TenantScoped: Versioned<Target>] = [:]
    private(set) var people: [TenantScoped: Versioned<Person>] = [:]
    private(set) var preferences: [TenantScoped: Versioned<WidgetChoice>] = [:]

    struct Versioned<Value: Hashable & Sendable>: Sendable {
        /// Nil when deleted.
        private(set) var value: Value?
        /// The highest version applied.
        private(set) var version: Int64?

        mutating func set(_ value: Value?, _ version: Int64?) {
            if let version {
                if let highest = self.version, version <= highest { return }
                self.version = version
            }
            self.value = value
        }
    }

    mutating func apply(_ change: TargetChange, to key: TenantScoped) {
        switch change {
        case .saved(let target): targets[key, default: Versioned()].set(target, change.version)
        case .deleted(let version): targets[key, default: Versioned()].set(nil, version)
        }
    }

    mutating func apply(_ change: PersonChange, to key: TenantScoped) {
        switch change {
        case .saved(let person): people[key, default: Versioned()].set(person, person.version)
        case .preferred(let choice, let version): preferences[key, default: Versioned()].set(choice, version)
        case .deleted:
            people[key] = nil
            preferences[key] = nil
        }
    }
}
