package import Foundation
package import SalesRules

/// What a viewer may do (docs/CONTRACT.md, "Roles and tokens").
package enum Role: String, Sendable, CaseIterable {
    /// Sees and changes everything in their tenant.
    case manager
    /// Sees their own results.
    case salesperson
    /// Sends events, and sees no results.
    case ingest
}

/// The person who sends a request, from the token.
package struct Viewer: Hashable, Sendable {
    /// The person's id.
    package let id: Identifier
    /// The tenant whose data they see.
    package let tenant: Identifier
    /// What they may do.
    package let role: Role
    /// Empty when the token has none.
    package let name: String
    /// When the token expires.
    package internal(set) var expires: Date
    /// The session that they signed in to; nil for a token of others.
    var session: Session?

    /// A session that was begun by signing in.
    struct Session: Hashable, Sendable {
        let id: String
        /// The account that it began with, nil for a link, and the account's stamp then.
        let account: Username?
        let stamp: String
    }

    /// A person who is signed in.
    package init(id: Identifier, tenant: Identifier, role: Role, name: String, expires: Date = .distantFuture) {
        self.id = id
        self.tenant = tenant
        self.role = role
        self.name = name
        self.expires = expires
    }
}

extension Viewer {
    /// The person's id with their tenant.
    var scopedID: TenantScoped { TenantScoped(tenant: tenant, id: id) }

    /// The person whose results are requested, nil for everyone: managers choose, a salesperson gets their own.
    /// - Throws: ``Problem/forbidden`` when the viewer may not see these results.
    func chosen(_ requested: Identifier?) throws(Problem) -> Identifier? {
        switch role {
        case .manager: return requested?.rawValue == "all" ? nil : requested
        case .salesperson:
            guard requested == nil || requested == id else { throw .forbidden }
            return id
        case .ingest: throw .forbidden
        }
    }

    /// Whether the viewer may see what is about these people.
    func maySee(_ people: some Sequence<Identifier>) -> Bool {
        switch role {
        case .manager: true
        case .salesperson: people.contains(id)
        case .ingest: false
        }
    }
}
