/// A target in the catalog, with the catalog revision that it counts from.
public struct CatalogTarget: Hashable, Sendable {
    /// The target as last saved.
    public let target: Target
    /// The catalog revision at which the target's assignees or period last changed.
    ///
    /// An order that was last derived under an earlier revision has no overlap with this target yet
    /// (``Catalog/overlaps(of:revision:)``): deriving the order again adds it.
    public let revision: Int64

    /// A target that counts from this revision.
    public init(target: Target, revision: Int64) {
        self.target = target
        self.revision = revision
    }
}

/// All targets of one tenant. An index by salesperson and year finds the targets of an order without a scan.
///
/// A copy shares nearly all of its memory with the original, also after changes: a server keeps a catalog for its reads
/// while it changes the next one.
public struct Catalog: Sendable {
    private var slots = Slots<CatalogTarget>()
    private var slotsByID = BucketedDictionary<Identifier, Int>()
    private var slotsByPersonYear = Index()
    /// The same for shared targets only; only they have overlaps.
    private var sharedByPersonYear = Index()

    private typealias Index = BucketedDictionary<PersonYear, [Int]>

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
        slotsByID.keys.sorted().compactMap { self[$0] }
    }

    /// The target with this id.
    public subscript(id: Identifier) -> CatalogTarget? {
        slotsByID[id].flatMap { slots[$0] }
    }

    /// The targets of a salesperson whose period has a day in the year.
    public func targets(of person: Identifier, in year: Int) -> [CatalogTarget] {
        (slotsByPersonYear[PersonYear(person: person, year: year)] ?? []).compactMap { slots[$0] }
    }

    /// The people who have a target whose period has a day in the year, sorted by id.
    public func people(in year: Int) -> [Identifier] {
        slotsByPersonYear.keys.filter { $0.year == year }.map(\.person).sorted()
    }

    /// Adds a target, or replaces the one with the same id.
    public mutating func put(_ entry: CatalogTarget) {
        remove(entry.target.id)
        let slot = slots.add(entry)
        slotsByID[entry.target.id] = slot
        for key in Self.keys(of: entry.target) {
            slotsByPersonYear.update(key, default: []) { $0.append(slot) }
            if entry.target.isShared { sharedByPersonYear.update(key, default: []) { $0.append(slot) } }
        }
    }

    /// Removes a target, if there is one with this id.
    public mutating func remove(_ id: Identifier) {
        guard let slot = slotsByID[id], let entry = slots[slot] else { return }
        slotsByID[id] = nil
        slots.remove(slot)
        for key in Self.keys(of: entry.target) {
            Self.remove(slot, at: key, from: &slotsByPersonYear)
            if entry.target.isShared { Self.remove(slot, at: key, from: &sharedByPersonYear) }
        }
    }

    private static func remove(_ slot: Int, at key: PersonYear, from index: inout Index) {
        var isEmpty = false
        index.update(key, default: []) { slots in
            slots.removeAll { $0 == slot }
            isEmpty = slots.isEmpty
        }
        if isEmpty { index[key] = nil }
    }

    private static func keys(of target: Target) -> some Sequence<PersonYear> {
        target.assignees.lazy.flatMap { person in
            target.period.years.lazy.map { PersonYear(person: person, year: $0) }
        }
    }
}

extension Catalog {
    /// What an order adds to a target, or counts more than once in it (``overlaps(of:revision:)``).
    public struct Contribution: Hashable, Sendable {
        /// The target.
        public let target: CatalogTarget
        /// The money and the number of orders.
        public let tally: Tally
    }

    /// What an order adds to every target that it counts towards (rules 2 and 3 in docs/CONTRACT.md), sorted by target
    /// id.
    public func contributions(of worth: OrderWorth) -> [Contribution] {
        shares(of: worth, in: slotsByPersonYear).map { share in
            let capped = Int64(min(share.amount, worth.total.magnitude))
            return Contribution(
                target: share.target,
                tally: Tally(revenue: worth.total < 0 ? -capped : capped, orders: 1)
            )
        }.sorted { $0.target.target.id < $1.target.target.id }
    }

    /// The overlaps of an order: what its credits count more than once in the shared targets of the credited people.
    /// The overlap with a target is the sum of its assignees' credits less the order's contribution to it.
    ///
    /// A target's result is the sum of its assignees' credits in its period less all overlaps. So an order that credits
    /// one person needs no posting to any target.
    /// - Parameter revision: the catalog revision that the order was derived under. Targets that changed later have no
    ///   overlap.
    public func overlaps(of worth: OrderWorth, revision: Int64) -> [Contribution] {
        guard worth.credits.count > 1 else { return [] }
        var overlaps: [Contribution] = []
        for share in shares(of: worth, in: sharedByPersonYear) {
            guard share.people > 1, share.target.revision <= revision else { continue }
            let excess = Int64(share.amount - min(share.amount, worth.total.magnitude))
            let tally = Tally(revenue: worth.total < 0 ? -excess : excess, orders: share.people - 1)
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

    private func shares(of worth: OrderWorth, in index: Index) -> [Share] {
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
