/// A target as it stands in the catalog.
public struct CatalogTarget: Hashable, Sendable {
    /// The target as last saved.
    public let target: Target
    /// The catalog revision at which its assignees or its period last changed: what an order derived under an earlier
    /// one counts twice is not yet taken off it.
    public let revision: Int64

    /// A target that counts from this revision on.
    public init(target: Target, revision: Int64) {
        self.target = target
        self.revision = revision
    }
}

/// All targets of one tenant, found by salesperson and date without looking at the others.
public struct Catalog: Sendable {
    private var slots: [CatalogTarget?] = []
    private var freeSlots: [Int] = []
    private var slotsByID: [Identifier: Int] = [:]
    private var slotsByPersonYear: [PersonYear: [Int]] = [:]
    /// The same of shared targets only: what an order's overlaps are looked for in.
    private var sharedByPersonYear: [PersonYear: [Int]] = [:]

    private struct PersonYear: Hashable {
        let person: Identifier
        let year: Int
    }

    /// A catalog without targets.
    public init() {}

    /// How many targets there are.
    public var count: Int { slotsByID.count }

    /// Every target, sorted by id.
    public var targets: [CatalogTarget] {
        slotsByID.sorted { $0.key < $1.key }.compactMap { slots[$0.value] }
    }

    /// The target of this id.
    public subscript(id: Identifier) -> CatalogTarget? {
        slotsByID[id].flatMap { slots[$0] }
    }

    /// The targets of a salesperson that have a day in the year.
    public func targets(of person: Identifier, in year: Int) -> [CatalogTarget] {
        slotsByPersonYear[PersonYear(person: person, year: year), default: []].compactMap { slots[$0] }
    }

    /// Everyone who has a target with a day in the year.
    public func people(in year: Int) -> [Identifier] {
        slotsByPersonYear.keys.lazy.filter { $0.year == year }.map(\.person).sorted()
    }

    /// Adds a target, or replaces the one of the same id.
    public mutating func put(_ entry: CatalogTarget) {
        remove(entry.target.id)
        let slot = freeSlots.popLast() ?? slots.endIndex
        if slot == slots.endIndex { slots.append(entry) } else { slots[slot] = entry }
        slotsByID[entry.target.id] = slot
        for key in Self.keys(of: entry.target) {
            slotsByPersonYear[key, default: []].append(slot)
            if entry.target.isShared { sharedByPersonYear[key, default: []].append(slot) }
        }
    }

    /// Removes a target; one that is not there is no error.
    public mutating func remove(_ id: Identifier) {
        guard let slot = slotsByID.removeValue(forKey: id), let entry = slots[slot] else { return }
        slots[slot] = nil
        freeSlots.append(slot)
        for key in Self.keys(of: entry.target) {
            Self.remove(slot, at: key, from: &slotsByPersonYear)
            if entry.target.isShared { Self.remove(slot, at: key, from: &sharedByPersonYear) }
        }
    }

    private static func remove(_ slot: Int, at key: PersonYear, from index: inout [PersonYear: [Int]]) {
        index[key]?.removeAll { $0 == slot }
        if index[key]?.isEmpty == true { index[key] = nil }
    }

    private static func keys(of target: Target) -> some Sequence<PersonYear> {
        target.assignees.lazy.flatMap { person in
            target.period.years.lazy.map { PersonYear(person: person, year: $0) }
        }
    }
}

extension Catalog {
    /// What an order adds to a target.
    public struct Contribution: Hashable, Sendable {
        /// The target that is added to.
        public let target: CatalogTarget
        /// What is added.
        public let tally: Tally
    }

    /// What an order adds to every target it counts towards (rules 2 and 3), sorted by target id.
    public func contributions(of worth: OrderWorth) -> [Contribution] {
        shares(of: worth, in: slotsByPersonYear).map { share in
            let capped = Int64(min(share.amount, worth.total.magnitude))
            return Contribution(
                target: share.target,
                tally: Tally(revenue: worth.total < 0 ? -capped : capped, orders: 1)
            )
        }.sorted { $0.target.target.id < $1.target.target.id }
    }

    /// What the credits of an order's people count more often than the order counts towards the targets they share:
    /// the sum of a target's assignees' credits less the order's contribution, for each target where it is not zero.
    ///
    /// A target's result is the sum of its assignees' credits in its period less the sum of these, so that an order
    /// that one person is credited with needs no posting to any target at all.
    /// - Parameter revision: of the catalog the order was derived under; what changed later is left out.
    public func overlaps(of worth: OrderWorth, revision: Int64) -> [Contribution] {
        guard worth.credits.count > 1 else { return [] }
        var overlaps: [Contribution] = []
        for share in shares(of: worth, in: sharedByPersonYear) {
            guard share.people > 1, share.target.revision <= revision else { continue }
            let twice = Int64(share.amount - min(share.amount, worth.total.magnitude))
            let tally = Tally(revenue: worth.total < 0 ? -twice : twice, orders: share.people - 1)
            overlaps.append(Contribution(target: share.target, tally: tally))
        }
        return overlaps
    }

    private struct Share {
        let slot: Int
        let target: CatalogTarget
        var amount: UInt64
        var people: Int64
    }

    private func shares(of worth: OrderWorth, in index: [PersonYear: [Int]]) -> [Share] {
        var shares: [Share] = []
        let year = worth.day.year
        for credit in worth.credits {
            guard let slotsOfPerson = index[PersonYear(person: credit.salesperson, year: year)] else {
                continue
            }
            for slot in slotsOfPerson {
                guard let entry = slots[slot], entry.target.period.contains(worth.day) else { continue }
                if let place = shares.firstIndex(where: { $0.slot == slot }) {
                    shares[place].amount += credit.amount.magnitude
                    shares[place].people += 1
                } else {
                    shares.append(Share(slot: slot, target: entry, amount: credit.amount.magnitude, people: 1))
                }
            }
        }
        return shares
    }
}
