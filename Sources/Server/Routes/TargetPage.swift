internal import SalesRules

/// Which targets a list is about; what is nil is left open.
struct TargetFilter: Sendable {
    let year: Int?
    let person: Identifier?
    let measure: Measure?
    /// The last one of the page before: lists are in the order of the ids.
    let after: Identifier?

    func admits(_ target: Target) -> Bool {
        if let after, target.id <= after { return false }
        if let measure, target.measure != measure { return false }
        if let year, !target.period.years.contains(year) { return false }
        if let person, !target.assignees.contains(person) { return false }
        return true
    }
}

/// How many targets make one page of a list.
enum TargetPage {
    /// Years of assignees that one page reads at most, so that a page of the largest targets ends before its limit
    /// instead of asking Redis for millions of values at one moment.
    static let maximumYears = 20_000

    static func length(of targets: some Sequence<Target>, limit: Int) -> Int {
        var length = 0
        var years = 0
        for target in targets {
            years += target.assignees.count * target.period.years.count
            guard length < limit, length == 0 || years <= maximumYears else { break }
            length += 1
        }
        return length
    }
}
