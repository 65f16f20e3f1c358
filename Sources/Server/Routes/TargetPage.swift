internal import SalesRules

/// Selects the targets of a list; a member that is nil selects all.
struct TargetFilter: Sendable {
    let year: Int?
    let person: Identifier?
    let measure: Measure?
    /// The id of the last target on the previous page; lists are sorted by id.
    let after: Identifier?

    func admits(_ target: Target) -> Bool {
        if let after, target.id <= after { return false }
        if let measure, target.measure != measure { return false }
        if let year, !target.period.years.contains(year) { return false }
        if let person, !target.assignees.contains(person) { return false }
        return true
    }
}

/// The number of targets on one page of a list.
enum TargetPage {
    /// The most years of assignees on one page (the sum of assignees times years), so that a page of very large targets
    /// ends before its limit: each is 4 kB that are read from Redis at once, and others wait for that long.
    static let maximumYears = 2_000

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
