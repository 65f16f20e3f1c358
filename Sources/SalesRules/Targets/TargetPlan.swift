/// A year's goal, to be spread over twelve targets of a month each.
public struct YearPlan: Hashable, Sendable {
    /// What the targets are called, before their month.
    public let name: String
    /// What they count.
    public let measure: Measure
    /// The whole year's: minor units of the reporting currency, or a number of orders.
    public let goal: Int64
    /// The year, as in ``Day/years``.
    public let year: Int
    /// Who works towards each of them.
    public let assignees: [Identifier]

    /// A plan for one year.
    public init(name: String, measure: Measure, goal: Int64, year: Int, assignees: [Identifier]) {
        self.name = name
        self.measure = measure
        self.goal = goal
        self.year = year
        self.assignees = assignees
    }

    /// Twelve targets, whose goals follow the days of their months and add up to the year's: they are rounded as a
    /// running sum, as the widget's lines are.
    /// - Parameters:
    ///   - version: of each of them.
    ///   - makeID: asked once for each of them.
    /// - Returns: nil when a month's goal would be zero, or a bound is broken.
    public func targets(version: Int64?, makeID: () -> Identifier) -> [Target]? {
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

/// One year's targets, to be set again for another.
public struct CopyPlan: Hashable, Sendable {
    /// The year whose targets are copied: those whose whole period lies in it.
    public let from: Int
    /// The year they are copied to.
    public let to: Int
    /// What is added to their goals, in percent; see ``percents``.
    public let percent: Decimal
    /// Only those with this assignee; nil for all.
    public let salesperson: Identifier?
    /// Only those that count this; nil for all.
    public let measure: Measure?

    /// How many percent may be added.
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
    /// Whether so many percent may be added: ``percents``, both ends included.
    public static func allows(_ percent: Decimal) -> Bool {
        let one = Int128(Money.powerOfTen(percent.scale))
        return (Int128(percents.lowerBound) * one...Int128(percents.upperBound) * one).contains(Int128(percent.units))
    }
}

/// Why a year's targets cannot be copied.
public enum CopyRefusal: Error, Hashable, Sendable {
    /// This target's goal would be zero, or too large.
    case goal(Identifier)
    /// There are more than ``Catalog/maximumCopies``.
    case tooMany
}

extension Catalog {
    /// The most targets that are copied at once.
    public static let maximumCopies = 1_000

    /// What a plan makes of this catalog's targets, in the order of their ids. One that is there already, of the same
    /// name, measure, period and assignees, is left out.
    /// - Parameters:
    ///   - version: of each of them.
    ///   - makeID: asked once for each of them.
    public func copies(
        _ plan: CopyPlan,
        version: Int64?,
        makeID: () -> Identifier
    ) throws(CopyRefusal) -> [Target] {
        var existing = Set(targets.map(\.target.likeness))
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
                    version: version
                )
            else { throw .goal(target.id) }
            guard existing.insert(copy.likeness).inserted else { continue }
            guard copies.count < Self.maximumCopies else { throw .tooMany }
            copies.append(copy)
        }
        return copies
    }

    /// `goal × (1 + percent / 100)`, rounded half-even; nil when it is not a goal.
    private static func raised(_ goal: Int64, by percent: Decimal) -> Int64? {
        let one = 100 * Money.powerOfTen(percent.scale)
        let factor = UInt128(Int128(one) + Int128(percent.units))
        let raised = Money.quotientHalfEven(UInt128(goal.magnitude) * factor, one)
        return raised >= 1 && raised <= UInt128(Money.bound) ? Int64(raised) : nil
    }

    /// A year stands in a name where no digit is before or behind it.
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
    /// What makes two targets the same to people, whatever their ids and goals.
    public struct Likeness: Hashable, Sendable {
        let name: String
        let measure: Measure
        let period: Period
        let assignees: [Identifier]
    }

    /// What it has in common with those that are the same to people.
    public var likeness: Likeness {
        Likeness(name: name, measure: measure, period: period, assignees: assignees)
    }
}

extension CopyPlan {
    fileprivate func admits(_ target: Target) -> Bool {
        target.period.years == from...from && (measure == nil || target.measure == measure)
            && (salesperson.map { target.assignees.contains($0) } ?? true)
    }
}

extension Period {
    /// The same days of another year, for a period within one year. The end of a February stays its end, so that the
    /// 29th becomes the 28th, and a whole month stays whole.
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
