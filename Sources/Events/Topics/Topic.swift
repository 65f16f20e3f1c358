/// The contract's topics that are read.
public enum Topic: String, CaseIterable, Sendable {
    case orders, allocations, targets, people
}

/// What the contract's topics are called here.
public struct TopicNames: Hashable, Sendable {
    /// Where orders are.
    public var orders: String
    /// Where allocations saved on their own are.
    public var allocations: String
    /// Where targets are.
    public var targets: String
    /// Where people and their preferences are.
    public var people: String
    /// Where records go that could not be applied.
    public var deadLetters: String

    /// The contract's names.
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

    /// What a topic is called.
    public subscript(topic: Topic) -> String {
        switch topic {
        case .orders: orders
        case .allocations: allocations
        case .targets: targets
        case .people: people
        }
    }

    /// The topics of targets and people.
    public var catalog: Set<String> { [targets, people] }

    /// The topics that are read, by what they are called.
    public var byName: [String: Topic] {
        Dictionary(Topic.allCases.map { (self[$0], $0) }, uniquingKeysWith: { first, _ in first })
    }
}
