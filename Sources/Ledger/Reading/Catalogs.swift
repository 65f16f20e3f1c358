package import SalesRules

/// Every tenant's targets, as of one revision of one view.
package struct Catalogs: Sendable {
    /// The view that they were read from; a revision means nothing in another one. Nil before anything was read.
    package private(set) var view: ViewStamp?
    /// The catalog revision in Redis that this stands for.
    package var revision: Int64 = 0
    /// The targets by tenant.
    package private(set) var byTenant: [Identifier: Catalog] = [:]

    /// No targets, before any revision.
    package init(view: ViewStamp? = nil) { self.view = view }

    /// The targets of a tenant.
    package subscript(tenant: Identifier) -> Catalog {
        byTenant[tenant] ?? Self.none
    }

    /// Takes in what the ledger keeps of one target.
    package mutating func put(_ record: CatalogRecord, for key: TenantScoped) {
        if let target = record.target {
            byTenant[key.tenant, default: Catalog()].put(CatalogTarget(target: target, revision: record.countsFrom))
        } else {
            byTenant[key.tenant]?.remove(key.id)
        }
    }

    private static let none = Catalog()
}
