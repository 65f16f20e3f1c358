package import SalesRules

/// A tenant's numbers. Each one is computed from all orders on request.
package struct Figures: Sendable {
    /// The orders that count, newest first, then by id in descending order.
    package let sales: [Sale]
    /// The targets that are not deleted, by id.
    package let targets: [Target]

    /// An order that counts.
    package struct Sale: Sendable {
        package let order: Identifier
        package let day: Day
        /// In the reporting currency.
        package let total: Int64
        package let credits: [Identifier: Int64]

        /// Rule 3 in docs/CONTRACT.md for these people; nil when none of them is credited.
        package func contribution(_ isMeant: (Identifier) -> Bool) -> Tally? {
            let credits = credits.filter { isMeant($0.key) }
            if credits.isEmpty { return nil }
            let sum = credits.values.reduce(0, +)
            return Tally(revenue: total < 0 ? max(sum, total) : min(sum, total), orders: 1)
        }
    }

    package func target(_ id: Identifier) -> Target? { targets.first { $0.id == id } }

    /// The orders in a target's result, newest first, with the contribution of each.
    package func orders(of target: Target) -> [(order: Identifier, contributes: Tally)] {
        sales.filter { target.period.contains($0.day) }.compactMap { sale in
            sale.contribution(target.assignees.contains).map { (sale.order, $0) }
        }
    }

    package func result(of target: Target) -> Tally {
        orders(of: target).reduce(.zero) { $0 + $1.contributes }
    }

    /// The credits of each assignee in the target's period, in the order of its assignees.
    package func assignees(of target: Target) -> [(person: Identifier, tally: Tally)] {
        target.assignees.map { ($0, credited($0, in: target.period)) }
    }

    /// The credits of a salesperson in a period, or of everyone if nil.
    package func credited(_ person: Identifier?, in period: Period) -> Tally {
        sales.filter { period.contains($0.day) }.reduce(.zero) { sum, sale in
            sum + (sale.contribution { person == nil || $0 == person } ?? .zero)
        }
    }

    /// The results of a year's twelve months, of one salesperson, or of everyone if nil.
    package func year(_ year: Int, of person: Identifier?, measure: Measure) -> [Int64] {
        (1...12).map { credited(person, in: Month(year: year, month: $0).period!).quantity(measure) }
    }

    /// The goals of the same months (docs/CONTRACT.md, "The widget's lines").
    package func goals(_ year: Int, of person: Identifier?, measure: Measure) -> [Int64] {
        let line = targets.filter { $0.measure == measure && $0.inYear && $0.period.years.contains(year) }
        let people = person.map { [$0] } ?? Array(Set(line.flatMap(\.assignees)))
        return (1...12).map { month in
            let month = Month(year: year, month: month).period!
            return (month.start.number...month.end.number).reduce(0) { sum, number in
                sum + goal(on: Day(number: number)!, of: people, line)
            }
        }
    }

    private func goal(on day: Day, of people: [Identifier], _ line: [Target]) -> Int64 {
        let today = line.filter { $0.period.contains(day) }
        var counted: [Identifier: Int] = [:]
        for person in people {
            let theirs = today.filter { $0.assignees.contains(person) }
            let own = theirs.filter { $0.assignees.count == 1 }
            let speaking = own.isEmpty ? theirs : own
            let shortest = speaking.map(\.period.days).min()
            for target in speaking where target.period.days == shortest { counted[target.id, default: 0] += 1 }
        }
        return today.reduce(0) { $0 + part(of: $1, for: counted[$1.id] ?? 0, on: day) }
    }

    /// The goal's running sum at the end of the day less the one before it.
    private func part(of target: Target, for people: Int, on day: Day) -> Int64 {
        func runningSum(_ days: Int) -> Int64 {
            roundedHalfEven(
                Int128(target.goal) * Int128(days) * Int128(people),
                over: Int128(target.period.days) * Int128(target.assignees.count)
            )
        }
        let before = target.period.start.days(until: day)
        return runningSum(before + 1) - runningSum(before)
    }
}
