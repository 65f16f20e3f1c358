/// What a target counts.
public enum Measure: String, CaseIterable, Sendable {
    /// Money, in minor units of the reporting currency.
    case revenue
    /// The number of orders.
    case orders

    /// Reads a goal: money in the reporting currency, rounded half-even to its minor unit, or a whole number of orders.
    /// - Returns: nil when it is not above zero, beyond ``Money/bound``, or not whole.
    public func goal(_ number: Decimal, in currency: Currency) -> Int64? {
        let goal =
            switch self {
            case .revenue: Money.minorUnits(of: number, in: currency)
            case .orders: number.scale == 0 ? number.units : nil
            }
        return goal.flatMap { (1...Money.bound).contains($0) ? $0 : nil }
    }
}

/// A goal for one or more salespeople over a period.
public struct Target: Hashable, Sendable {
    /// Unique within the tenant.
    public private(set) var id: Identifier
    /// For people; may be empty.
    public let name: String
    /// What it counts.
    public let measure: Measure
    /// Minor units of the reporting currency, or a number of orders; above zero.
    public let goal: Int64
    /// The days whose orders count (rule 2 in docs/CONTRACT.md).
    public let period: Period
    /// Who works towards it: one or more people, sorted, without duplicates.
    public let assignees: [Identifier]
    /// Whether it is part of the goals of the months (docs/CONTRACT.md, "The widget's lines"); an action for Christmas
    /// may be left out.
    public private(set) var inYear: Bool
    /// The highest version applied; nil when none of its events had one.
    public private(set) var version: RecordVersion?

    /// The most assignees a target may have (docs/CONTRACT.md, "Bounds").
    public static let maximumAssignees = 1_000
    /// The longest period, in days: ten years.
    public static let maximumDays = 3_653

    /// Nil when the goal is not above zero, there is no assignee, or a bound is broken.
    public init?(
        id: Identifier,
        name: String = "",
        measure: Measure,
        goal: Int64,
        period: Period,
        assignees: [Identifier],
        inYear: Bool = true,
        version: RecordVersion? = nil
    ) {
        let assignees = Set(assignees).sorted()
        guard (1...Money.bound).contains(goal), (1...Self.maximumAssignees).contains(assignees.count),
            period.days <= Self.maximumDays
        else { return nil }
        self.id = id
        self.name = name
        self.measure = measure
        self.goal = goal
        self.period = period
        self.assignees = assignees
        self.inYear = inYear
        self.version = version
    }

    /// The same target with another version, and under another id if one is given.
    public func with(id: Identifier? = nil, version: RecordVersion?) -> Target {
        var target = self
        target.id = id ?? self.id
        target.version = version
        return target
    }

    /// The same target with another part in the goals of the months.
    public func with(inYear: Bool) -> Target {
        var target = self
        target.inYear = inYear
        return target
    }

    /// Whether several people work towards it together.
    public var isShared: Bool { assignees.count > 1 }
}

/// A change of one target, as a source sends it.
public enum TargetChange: Hashable, Sendable {
    case saved(Target)
    case deleted(version: RecordVersion?)

    /// The version it came with.
    public var version: RecordVersion? {
        switch self {
        case .saved(let target): target.version
        case .deleted(let version): version
        }
    }
}

extension Versioned<Target> {
    /// Applies a change. The saved target gets the highest version applied.
    /// - Returns: false when the change is stale.
    @discardableResult
    public mutating func apply(_ change: TargetChange) -> Bool {
        switch change {
        case .saved(let target): apply(target.with(version: target.version ?? version), version: target.version)
        case .deleted(let version): apply(nil, version: version)
        }
    }

    /// Applies a change that restates what the program knew.
    /// - Returns: false when it changes nothing.
    public mutating func restate(_ change: TargetChange) -> Bool {
        switch change {
        case .saved(let target): restate(target, version: target.version)
        case .deleted(let version): restate(nil, version: version)
        }
    }
}
