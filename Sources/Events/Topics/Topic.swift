/// The topics that are read (docs/CONTRACT.md, "Events").
public enum Topic: String, CaseIterable, Sendable {
    case orders, allocations, targets, people
}

/// The names of the topics in Kafka.
public struct TopicNames: Hashable, Sendable {
    /// Has the events of orders.
    public var orders: String
    /// Has the events of allocations that are saved on their own.
    public var allocations: String
    /// Has the events of targets.
    public var targets: String
    /// Has the events of people and their preferences.
    public var people: String
    /// Gets the records that cannot be applied.
    public var deadLetters: String

    /// Names; the default names are those of docs/CONTRACT.md, "Events".
    public init(
        orders: String = "sales.orders",
        allocations: String = "sales.allocations",
        targets: String = "sales.targets",
        people: String = "sales.people",
        deadLetters: String = "sales.dead-letters"
    ) {
        self.orders = orders
        self.allocations = allocations
        self.targets = targets
        self.people = people
        self.deadLetters = deadLetters
    }

    /// The name of a topic.
    public subscript(topic: Topic) -> String {
        switch topic {
        case .orders: orders
        case .allocations: allocations
        case .targets: targets
        case .people: people
        }
    }

    /// The names of the topics of targets and people.
    public var catalog: Set<String> { [targets, people] }

    /// The topics that are read, by name.
    public var byName: [String: Topic] {
        Dictionary(Topic.allCases.map { (self[$0], $0) }, uniquingKeysWith: { first, _ in first })
    }
}
