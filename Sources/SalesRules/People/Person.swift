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
    /// The person was deleted. What they chose to see is a record of its own, and stays.
    case deleted(version: RecordVersion?)
    case preferenceDeleted(version: RecordVersion?)
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
    /// - Parameter isRestated: whether the program wrote it to restate what it knew (``Event/isRestated``).
    public mutating func apply(_ change: PersonChange, isRestated: Bool = false) {
        switch change {
        case .saved(var saved):
            let version = saved.version
            saved.version = version ?? person.version
            _ = isRestated ? person.restate(saved, version: version) : person.apply(saved, version: version)
        case .deleted(let version):
            _ = isRestated ? person.restate(nil, version: version) : person.apply(nil, version: version)
        case .preferred(let choice, let version): apply(choice, version, isRestated)
        case .preferenceDeleted(let version): apply(nil, version, isRestated)
        }
    }

    private mutating func apply(_ choice: WidgetChoice?, _ version: RecordVersion?, _ isRestated: Bool) {
        _ = isRestated ? preference.restate(choice, version: version) : preference.apply(choice, version: version)
    }

    /// Whether this change alone gives what is known of its record.
    public func isGiven(by change: PersonChange) -> Bool {
        switch change {
        case .saved(let saved): person == Versioned(saved, version: saved.version)
        case .deleted(let version): person == Versioned(nil, version: version)
        case .preferred(let choice, let version): preference == Versioned(choice, version: version)
        case .preferenceDeleted(let version): preference == Versioned(nil, version: version)
        }
    }
}
