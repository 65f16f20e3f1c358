internal import SalesRules

/// Which part of a tenant's news someone may see.
enum FeedScope: Hashable, Sendable {
    /// A manager's: everything.
    case all
    /// A salesperson's: what is theirs.
    case own(Identifier)

    /// Nil for who sees no numbers.
    init?(of viewer: Viewer) {
        switch viewer.role {
        case .manager: self = .all
        case .salesperson: self = .own(viewer.id)
        case .ingest: return nil
        }
    }
}

/// Whose scope an event is in.
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
