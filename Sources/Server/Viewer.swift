package import SalesTargets

/// What a viewer may do (the contract's roles).
package enum Role: String, Sendable, CaseIterable {
    case manager, salesperson, ingest
}

/// Who is asking, from the token.
package struct Viewer: Hashable, Sendable {
    /// The person's id.
    package let id: Identifier
    /// The organisation whose data they see.
    package let tenant: Identifier
    /// What they may do.
    package let role: Role
    /// Empty when the token has none.
    package let name: String

    /// Someone who is signed in.
    package init(id: Identifier, tenant: Identifier, role: Role, name: String) {
        self.id = id
        self.tenant = tenant
        self.role = role
        self.name = name
    }
}
