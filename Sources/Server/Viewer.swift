package import SalesTargets

/// What a viewer may do (the contract's roles).
package enum Role: String, Sendable, CaseIterable {
    case manager, salesperson, ingest
}

/// Who is asking, from the token.
package struct Viewer: Hashable, Sendable {
    package let id: Identifier
    package let tenant: Identifier
    package let role: Role
    /// Empty when the token has none.
    package let name: String

    package init(id: Identifier, tenant: Identifier, role: Role, name: String) {
        self.id = id
        self.tenant = tenant
        self.role = role
        self.name = name
    }
}
