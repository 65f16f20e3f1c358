extension Catalog {
    /// The goals of the twelve months of a year for one salesperson (docs/CONTRACT.md, "The widget's lines"). Of the
    /// targets with a day in a month, those with the shortest period count. A target's goal is spread evenly over the
    /// days of its period, and each assignee has an equal share.
    ///
    /// The shares are rounded as a running sum, so that the months of a target add up to the whole share.
    /// - Returns: minor units of the reporting currency, or numbers of orders.
    public func monthGoals(of person: Identifier, year: Int, measure: Measure) -> [Int64] {
        let targets = targets(of: person, in: year).lazy.map(\.target).filter { $0.measure == measure }
        return Self.months(of: year).map { month in
            Self.shortest(in: month, of: Array(targets)).reduce(0) { $0 + $1.goal(in: month, assignees: 1) }
        }
    }

    /// The sum of everyone's month goals.
    public func monthGoalsOfAll(year: Int, measure: Measure) -> [Int64] {
        // For each month: how many assignees each target counts for.
        var assignees: [[Identifier: Int]] = Array(repeating: [:], count: 12)
        let months = Self.months(of: year)
        for person in people(in: year) {
            let targets = targets(of: person, in: year).lazy.map(\.target).filter { $0.measure == measure }
            for (index, month) in months.enumerated() {
                for target in Self.shortest(in: month, of: Array(targets)) {
                    assignees[index][target.id, default: 0] += 1
                }
            }
        }
        return zip(months, assignees).map { month, assigneesByTarget in
            assigneesByTarget.reduce(0) { sum, item in
                sum + (self[item.key]?.target.goal(in: month, assignees: item.value) ?? 0)
            }
        }
    }

    private static func months(of year: Int) -> [Period] {
        (1...12).compactMap { Month(year: year, month: $0).period }
    }

    /// Of the targets with a day in the month, those with the shortest period.
    private static func shortest(in month: Period, of targets: [Target]) -> [Target] {
        let covering = targets.filter { $0.period.intersection(month) != nil }
        guard let shortest = covering.map(\.period.days).min() else { return [] }
        return covering.filter { $0.period.days == shortest }
    }
}

extension Target {
    /// The part of the goal for this number of assignees in these days.
    fileprivate func goal(in days: Period, assignees: Int) -> Int64 {
        guard let part = period.intersection(days) else { return 0 }
        let before = period.start.days(until: part.start)
        return share(days: before + part.days, assignees: assignees) - share(days: before, assignees: assignees)
    }

    private func share(days: Int, assignees count: Int) -> Int64 {
        quotientHalfEven(goal, times: days * count, by: period.days * assignees.count)
    }
}

/// `value * factor / divisor`, rounded half-even.
func quotientHalfEven(_ value: Int64, times factor: Int, by divisor: Int) -> Int64 {
    let rounded = Money.quotientHalfEven(UInt128(value.magnitude) * UInt128(factor), UInt128(divisor))
    let magnitude = Int64(min(rounded, UInt128(Int64.max)))
    return value < 0 ? -magnitude : magnitude
}
