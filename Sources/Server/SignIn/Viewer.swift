package import Foundation
package import SalesRules

/// What a viewer may do (the contract's roles).
package enum Role: String, Sendable, CaseIterable {
    /// Sees and changes everything of their tenant.
    case manager
    /// Sees what is their own.
    case salesperson
    /// Brings orders in, and sees no numbers.
    case ingest
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
    /// When the token is good no longer.
    package internal(set) var expires: Date

    /// Someone who is signed in.
    package init(id: Identifier, tenant: Identifier, role: Role, name: String, expires: Date = .distantFuture) {
        self.id = id
        self.tenant = tenant
        self.role = role
        self.name = name
        self.expires = expires
    }
}

extension Viewer {
    /// Whose targets or chart are meant, nil for everyone's: a salesperson's own, and a manager's choice.
    func chosen(_ asked: Identifier?) throws(Problem) -> Identifier? {
        switch role {
        case .manager: return asked?.rawValue == "all" ? nil : asked
        case .salesperson:
            guard asked == nil || asked == id else { throw .forbidden }
            return id
        case .ingest: throw .forbidden
        }
    }

    /// Whether something is theirs to see that is about these people.
    func maySee(_ people: some Sequence<Identifier>) -> Bool {
        switch role {
        case .manager: true
        case .salesperson: people.contains(id)
        case .ingest: false
        }
    }
}
