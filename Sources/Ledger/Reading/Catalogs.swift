package import SalesRules

/// The targets of all tenants, at one catalog revision of one view.
package struct Catalogs: Sendable {
    /// The view that they were read from; revisions of different views cannot be compared. Nil before the first read.
    package private(set) var view: ViewStamp?
    /// The catalog revision up to which changes were read.
    package var revision = CatalogRevision.none
    /// The targets by tenant.
    package private(set) var byTenant: [Identifier: Catalog] = [:]
    private var states: [Identifier: UInt64] = [:]

    /// Without targets, at revision 0.
    package init(view: ViewStamp? = nil) { self.view = view }

    /// The targets of a tenant.
    package subscript(tenant: Identifier) -> Catalog {
        byTenant[tenant] ?? Self.none
    }

    /// A random number that is another one after each change of the tenant's targets.
    func state(of tenant: Identifier) -> UInt64 { states[tenant] ?? 0 }

    /// Gives these tenants another ``state(of:)``.
    mutating func noteChange(of tenants: Set<Identifier>) {
        for tenant in tenants { states[tenant] = .random(in: 1...(.max)) }
    }

    /// Applies the record of one target.
    package mutating func put(_ record: CatalogRecord, for key: TenantScoped) {
        if let target = record.target {
            byTenant[key.tenant, default: Catalog()].put(CatalogTarget(target: target, revision: record.countsFrom))
        } else {
            byTenant[key.tenant]?.remove(key.id)
        }
    }

    private static let none = Catalog()
}
