internal import SalesRules

/// The part of a tenant's events that a viewer may see.
enum FeedScope: Hashable, Sendable {
    /// A manager's: everything.
    case all
    /// A salesperson's: their own targets and results.
    case own(Identifier)

    /// Nil for a role that sees no numbers.
    init?(of viewer: Viewer) {
        switch viewer.role {
        case .manager: self = .all
        case .salesperson: self = .own(viewer.id)
        case .ingest: return nil
        }
    }
}

/// The viewers of an event.
struct FeedAudience: Hashable, Sendable {
    /// Whether managers see it.
    var managers = true
    /// The salespeople who see it.
    var people: Set<Identifier> = []

    func includes(_ scope: FeedScope) -> Bool {
        switch scope {
        case .all: managers
        case .own(let person): people.contains(person)
        }
    }
}
