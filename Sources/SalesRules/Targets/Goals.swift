extension Catalog {
    /// The goals of the twelve months of a year for one salesperson (docs/CONTRACT.md, "The widget's lines"), put
    /// together day by day: on each day the targets that are theirs alone, or where there is none those that they share
    /// with others, and of these the ones with the shortest period.
    /// - Returns: minor units of the reporting currency, or numbers of orders.
    public func monthGoals(of person: Identifier, year: Int, measure: Measure) -> [Int64] {
        var goals = MonthGoals(year: year)
        forEachGoal(of: person, year: year, measure: measure) { target, days in goals.add(target, in: days, people: 1) }
        return goals.sums
    }

    /// The sum of everyone's month goals.
    public func monthGoalsOfAll(year: Int, measure: Measure) -> [Int64] {
        var goals = MonthGoals(year: year)
        var shared: [Identifier: SharedGoal] = [:]
        for person in people(in: year) {
            forEachGoal(of: person, year: year, measure: measure) { target, days in
                if target.isShared {
                    shared[target.id, default: SharedGoal(target: target)].add(days)
                } else {
                    goals.add(target, in: days, people: 1)
                }
            }
        }
        for goal in shared.values { goal.add(to: &goals) }
        return goals.sums
    }

    /// Calls `body` for each of the person's targets and each run of days of the year on which it makes up their goal.
    private func forEachGoal(of person: Identifier, year: Int, measure: Measure, _ body: (Target, Period) -> Void) {
        guard let first = Day(year: year, month: 1, day: 1), let last = Day(year: year, month: 12, day: 31),
            let whole = Period(start: first, end: last)
        else { return }
        let targets = targets(of: person, in: year).lazy.map(\.target)
            .filter { $0.measure == measure && $0.inYear }
            .sorted { $0.rank < $1.rank }
        // The days on which no target of a lower rank has made up the goal, as runs.
        var free = [whole]
        var rest = targets[...]
        while let rank = rest.first?.rank, !free.isEmpty {
            let equals = rest.prefix { $0.rank == rank }
            rest.removeFirst(equals.count)
            for target in equals {
                for run in free {
                    if let days = target.period.intersection(run) { body(target, days) }
                }
            }
            for target in equals { free = free.flatMap { $0.subtracting(target.period) } }
        }
    }
}

/// A target that several people share, and for how many of them it makes up the goal on each day.
private struct SharedGoal {
    let target: Target
    /// By the number of a day: how many more, or fewer, people than on the day before.
    private var changes: [Int: Int] = [:]

    init(target: Target) { self.target = target }

    mutating func add(_ days: Period) {
        changes[days.start.number, default: 0] += 1
        changes[days.end.number + 1, default: 0] -= 1
    }

    func add(to goals: inout MonthGoals) {
        var people = 0
        let sorted = changes.sorted { $0.key < $1.key }
        for (change, next) in zip(sorted, sorted.dropFirst()) {
            people += change.value
            guard people > 0, let start = Day(number: change.key), let end = Day(number: next.key - 1),
                let days = Period(start: start, end: end)
            else { continue }
            goals.add(target, in: days, people: people)
        }
    }
}

/// Sums of goals by month, in 128 bits: as many targets as there may be cannot exceed them.
private struct MonthGoals {
    private let months: [Period]
    private var exact: [Int128]

    init(year: Int) {
        months = (1...12).compactMap { Month(year: year, month: $0).period }
        exact = Array(repeating: 0, count: months.count)
    }

    /// The sums; one beyond 64 bits stays at their limit.
    var sums: [Int64] { exact.map { Int64(clamping: $0) } }

    mutating func add(_ target: Target, in days: Period, people: Int) {
        for (index, month) in months.enumerated() {
            if let days = month.intersection(days) { exact[index] += Int128(target.goal(in: days, people: people)) }
        }
    }
}

extension Target {
    /// Of two targets the one with the lower rank makes up the goal of a day, and with equal ranks both do.
    fileprivate var rank: Rank { Rank(isShared: isShared, days: period.days) }

    fileprivate struct Rank: Comparable {
        let isShared: Bool
        let days: Int

        static func < (left: Rank, right: Rank) -> Bool {
            left.isShared != right.isShared ? right.isShared : left.days < right.days
        }
    }

    /// The part of the goal for this number of its assignees in these days. It is rounded as a running sum over the
    /// period, so that the parts of all its days add up to the goal.
    /// - Precondition: the days are in the period.
    fileprivate func goal(in days: Period, people: Int) -> Int64 {
        let before = period.start.days(until: days.start)
        return share(days: before + days.days, people: people) - share(days: before, people: people)
    }

    private func share(days: Int, people: Int) -> Int64 {
        quotientHalfEven(goal, times: days * people, by: period.days * assignees.count)
    }
}

extension Period {
    /// The days of this period that the other does not have: none, one run or two.
    fileprivate func subtracting(_ other: Period) -> [Period] {
        guard let common = intersection(other) else { return [self] }
        return [
            Day(number: common.start.number - 1).flatMap { Period(start: start, end: $0) },
            Day(number: common.end.number + 1).flatMap { Period(start: $0, end: end) },
        ].compactMap(\.self)
    }
}

/// `value * factor / divisor`, rounded half-even; at the limit of 64 bits where it is beyond.
/// - Precondition: the factor is not below zero, and the divisor above.
func quotientHalfEven(_ value: Int64, times factor: Int, by divisor: Int) -> Int64 {
    let rounded = Money.quotientHalfEven(UInt128(value.magnitude) * UInt128(factor), UInt128(divisor))
    let magnitude = Int64(clamping: rounded)
    return value < 0 ? -magnitude : magnitude
}
