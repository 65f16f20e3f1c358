internal import Ledger
internal import SalesRules

/// The announced changes of one tenant that are not read yet. What changes several times is read once.
struct FeedChanges: Sendable {
    /// The most changes that are kept one by one.
    static let limit = 10_000

    /// By person and year, the days from the first to the last that changed, counted from 0.
    private(set) var days: [DaysKey: ClosedRange<Int>] = [:]
    /// Targets whose own data changed.
    private(set) var targets: Set<Identifier> = []
    /// People whose name changed.
    private(set) var people: Set<Identifier> = []
    /// Whether more may have changed than is kept here.
    var isIncomplete = false
    /// Whether the limit was reached, and the streams have not been resynchronized since.
    var hasOverflowed = false

    var isEmpty: Bool { days.isEmpty && targets.isEmpty && people.isEmpty && !isIncomplete }

    mutating func add(_ days: Announcement.Days) {
        guard hasRoom else { return }
        let known = self.days[days.key]
        let first = min(days.ordinals.lowerBound, known?.lowerBound ?? .max)
        self.days[days.key] = first...max(days.ordinals.upperBound, known?.upperBound ?? first)
    }

    mutating func add(target: Identifier) {
        if hasRoom { targets.insert(target) }
    }

    mutating func add(person: Identifier) {
        if hasRoom { people.insert(person) }
    }

    /// Adds other changes.
    mutating func add(_ other: FeedChanges) {
        for (key, ordinals) in other.days { add(Announcement.Days(key: key, ordinals: ordinals)) }
        for target in other.targets { add(target: target) }
        for person in other.people { add(person: person) }
        if other.isIncomplete { isIncomplete = true }
    }

    private var hasRoom: Bool {
        mutating get {
            if days.count + targets.count + people.count < Self.limit { return true }
            self = FeedChanges()
            isIncomplete = true
            hasOverflowed = true
            return false
        }
    }
}

extension FeedChanges {
    /// The targets in a catalog whose progress or text may have changed.
    func targets(in catalog: Catalog) -> [Identifier: CatalogTarget] {
        var found: [Identifier: CatalogTarget] = [:]
        for target in targets { found[target] = catalog[target] }
        for (key, ordinals) in days {
            guard let person = key.person, let first = Day(year: key.year, month: 1, day: 1) else { continue }
            let days = first.number + ordinals.lowerBound...first.number + ordinals.upperBound
            for entry in catalog.targets(of: person, in: key.year) {
                let period = entry.target.period
                if days.overlaps(period.start.number...period.end.number) { found[entry.target.id] = entry }
            }
        }
        if !people.isEmpty {
            for entry in catalog.targets where !people.isDisjoint(with: entry.target.assignees) {
                found[entry.target.id] = entry
            }
        }
        return found
    }
}
