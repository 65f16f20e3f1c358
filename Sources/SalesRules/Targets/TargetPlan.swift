/// A goal for a year, to be split into twelve monthly targets.
public struct YearPlan: Hashable, Sendable {
    /// The targets' name, without the month.
    public let name: String
    /// What they count.
    public let measure: Measure
    /// The goal of the whole year: minor units of the reporting currency, or a number of orders.
    public let goal: Int64
    /// The year, as in ``Day/years``.
    public let year: Int
    /// The assignees of each target.
    public let assignees: [Identifier]

    /// A plan for one year.
    public init(name: String, measure: Measure, goal: Int64, year: Int, assignees: [Identifier]) {
        self.name = name
        self.measure = measure
        self.goal = goal
        self.year = year
        self.assignees = assignees
    }

    /// The twelve targets. Their goals are in proportion to the days of the months and add up to the year's goal: they
    /// are rounded as a running sum.
    /// - Parameters:
    ///   - version: the version of each target.
    ///   - makeID: called once for each target.
    /// - Returns: nil when a month's goal would be zero, or a bound is broken.
    public func targets(version: RecordVersion?, makeID: () -> Identifier) -> [Target]? {
        let months = (1...12).map { Month(year: year, month: $0) }
        let days = months.reduce(0) { $0 + $1.days }
        var targets: [Target] = []
        var (daysToDate, goalToDate) = (0, Int64(0))
        for month in months {
            daysToDate += month.days
            let upTo = quotientHalfEven(goal, times: daysToDate, by: days)
            guard let period = month.period,
                let target = Target(
                    id: makeID(),
                    name: name.isEmpty ? "\(month)" : "\(name) \(month)",
                    measure: measure,
                    goal: upTo - goalToDate,
                    period: period,
                    assignees: assignees,
                    version: version
                )
            else { return nil }
            goalToDate = upTo
            targets.append(target)
        }
        return targets
    }
}

/// A plan to copy the targets of one year to another year.
public struct CopyPlan: Hashable, Sendable {
    /// The year to copy from. Targets whose whole period is in it are copied.
    public let from: Int
    /// The year to copy to.
    public let to: Int
    /// By how many percent the goals are raised; one of ``percents``.
    public let percent: Decimal
    /// Copies only targets with this assignee; nil for all.
    public let salesperson: Identifier?
    /// Copies only targets of this measure; nil for all.
    public let measure: Measure?

    /// The allowed range of ``percent``, both ends included.
    public static let percents = -99...1_000

    /// Nil when both years are the same, or the percentage is out of bounds.
    public init?(from: Int, to: Int, percent: Decimal, salesperson: Identifier? = nil, measure: Measure? = nil) {
        guard from != to, Self.allows(percent) else { return nil }
        self.from = from
        self.to = to
        self.percent = percent
        self.salesperson = salesperson
        self.measure = measure
    }
}

extension CopyPlan {
    /// Whether the percentage is within ``percents``.
    public static func allows(_ percent: Decimal) -> Bool {
        let one = UInt256(1).timesTen(toThe: percent.scale)
        return percent.magnitude <= one * UInt64(percent.isNegative ? -percents.lowerBound : percents.upperBound)
    }
}

/// Why a year's targets cannot be copied.
public enum CopyRefusal: Error, Hashable, Sendable {
    /// The copy of this target would have a goal of zero or beyond the bound, or a period that is not valid.
    case goal(Identifier)
    /// There would be more copies than ``Catalog/maximumCopies``.
    case tooMany
}

extension Catalog {
    /// The most targets that are copied at once.
    public static let maximumCopies = 1_000

    /// The copies that a plan makes of this catalog's targets, in the order of the targets' ids. A copy is left out
    /// when the catalog already has a target with the same name, measure, period and assignees.
    /// - Parameters:
    ///   - version: the version of each copy.
    ///   - makeID: called at least once for each copy.
    public func copies(
        _ plan: CopyPlan,
        version: RecordVersion?,
        makeID: () -> Identifier
    ) throws(CopyRefusal) -> [Target] {
        var existing = Set(targets.map(\.target.duplicateKey))
        var copies: [Target] = []
        for target in targets.lazy.map(\.target) where plan.admits(target) {
            guard let goal = Self.raised(target.goal, by: plan.percent),
                let period = target.period.moved(to: plan.to),
                let copy = Target(
                    id: makeID(),
                    name: Self.replacing(plan.from, with: plan.to, in: target.name),
                    measure: target.measure,
                    goal: goal,
                    period: period,
                    assignees: target.assignees,
                    inYear: target.inYear,
                    version: version
                )
            else { throw .goal(target.id) }
            guard existing.insert(copy.duplicateKey).inserted else { continue }
            guard copies.count < Self.maximumCopies else { throw .tooMany }
            copies.append(copy)
        }
        return copies
    }

    /// `goal × (1 + percent / 100)`, rounded half-even; nil when that is zero or beyond the bound.
    private static func raised(_ goal: Int64, by percent: Decimal) -> Int64? {
        // At most 54 digits, and 70 with the goal's: 256 bits have room for 77.
        let one = UInt256(100).timesTen(toThe: percent.scale)
        let factor = percent.isNegative ? one - percent.magnitude : one + percent.magnitude
        let raised = (factor * goal.magnitude).dividedHalfEven(by: one)
        return UInt64(exactly: raised).flatMap { (1...UInt64(Money.bound)).contains($0) ? Int64($0) : nil }
    }

    /// Replaces the year in a name, except where it is part of a longer number.
    private static func replacing(_ year: Int, with other: Int, in name: String) -> String {
        let (year, other) = ("\(year)", "\(other)")
        var result = ""
        var rest = Substring(name)
        while let found = rest.firstRange(of: year) {
            let isWhole =
                !(rest[..<found.lowerBound].last ?? result.last ?? " ").isNumber
                && !(rest[found.upperBound...].first ?? " ").isNumber
            result += rest[..<found.lowerBound]
            result += isWhole ? other : year
            rest = rest[found.upperBound...]
        }
        return result + rest
    }
}

extension Target {
    /// What makes two targets the same to people: all but their ids and goals.
    public struct DuplicateKey: Hashable, Sendable {
        let name: String
        let measure: Measure
        let period: Period
        let assignees: [Identifier]
    }

    /// Equal for two targets that are the same to people.
    public var duplicateKey: DuplicateKey {
        DuplicateKey(name: name, measure: measure, period: period, assignees: assignees)
    }
}

extension CopyPlan {
    fileprivate func admits(_ target: Target) -> Bool {
        target.period.years == from...from && (measure == nil || target.measure == measure)
            && (salesperson.map { target.assignees.contains($0) } ?? true)
    }
}

extension Period {
    /// The same days of another year, for a period within one year. A period that ends on the last day of a month still
    /// does, so that a whole February stays a whole February.
    fileprivate func moved(to year: Int) -> Period? {
        func day(_ day: Day, isEnd: Bool) -> Day? {
            let month = Month(year: year, month: day.month.month)
            let last = isEnd && day.dayOfMonth == day.month.days
            return Day(year: year, month: month.month, day: last ? month.days : min(day.dayOfMonth, month.days))
        }
        guard let start = day(start, isEnd: false), let end = day(end, isEnd: true) else { return nil }
        return Period(start: start, end: end)
    }
}

extension Day {
    fileprivate var dayOfMonth: Int {
        month.period.map { $0.start.days(until: self) + 1 } ?? 1
    }
}
