/// A salesperson, as last saved.
public struct Person: Hashable, Sendable {
    /// Unique within the tenant.
    public var id: Identifier
    /// Empty when unknown.
    public var name: String
    /// Empty when unknown.
    public var email: String
    /// The highest version applied; nil when none of its events had one.
    public var version: RecordVersion?

    /// A person with this id.
    public init(id: Identifier, name: String = "", email: String = "", version: RecordVersion? = nil) {
        self.id = id
        self.name = name
        self.email = email
        self.version = version
    }
}

/// What a person chose to see in the widget.
public struct WidgetChoice: Hashable, Sendable {
    /// Nil when not chosen.
    public var year: Int?
    /// `all` is everyone; nil when not chosen.
    public var salesperson: Identifier?
    /// Nil when not chosen.
    public var measure: Measure?

    /// A choice; nil means not chosen.
    public init(year: Int? = nil, salesperson: Identifier? = nil, measure: Measure? = nil) {
        self.year = year
        self.salesperson = salesperson
        self.measure = measure
    }
}

/// A change of one person, as a source sends it.
public enum PersonChange: Hashable, Sendable {
    case saved(Person)
    /// The person chose what to see in the widget.
    case preferred(WidgetChoice, version: RecordVersion?)
    /// The person and their preferences were deleted.
    case deleted
}

/// What is known of one person: their name and what they chose to see, each with its own version.
public struct PersonEntry: Hashable, Sendable {
    /// The name and the e-mail address.
    public private(set) var person: Versioned<Person>
    /// What they chose to see.
    public private(set) var preference: Versioned<WidgetChoice>

    /// A person in this state; without arguments an unknown person.
    public init(person: Versioned<Person> = Versioned(), preference: Versioned<WidgetChoice> = Versioned()) {
        self.person = person
        self.preference = preference
    }

    /// Applies a change; a stale one changes nothing.
    public mutating func apply(_ change: PersonChange) {
        switch change {
        case .saved(var saved):
            let version = saved.version
            saved.version = version ?? person.version
            person.apply(saved, version: version)
        case .preferred(let choice, let version): preference.apply(choice, version: version)
        case .deleted: self = PersonEntry()
        }
    }
}
