/// An order has allocations beyond a bound after a change, which is applied all the same (docs/CONTRACT.md, "Bounds").
public struct BoundExceeded: Error, Hashable, Sendable {
    /// The allocations in force that the change names, or that counted before it, and that do not count now.
    public let uncounted: [Identifier]
    /// The allocation saved or deleted on its own that is remembered no longer, or was not at all.
    public let forgotten: Identifier?
    /// The member of the event that names allocations.
    public let member: String

    /// Why, for people.
    public var reason: String {
        var reasons: [String] = []
        if let first = uncounted.first {
            let others = uncounted.count > 1 ? " and \(uncounted.count - 1) more" : ""
            reasons.append(
                "the order has more than the maximum of \(OrderEntry.maximumAllocations) allocations: \(first)\(others) "
                    + "does not count until others are deleted"
            )
        }
        if let forgotten {
            reasons.append(
                "the order has more than the maximum of \(OrderEntry.maximumOwn) allocations saved or deleted on their "
                    + "own: \(forgotten) is not remembered"
            )
        }
        return reasons.joined(separator: "; ")
    }
}

// The bounds on allocations depend on nothing but the ids: events of several partitions come in any order, and the outcome
// must be the same. An id among the lowest of all that ever come is among the lowest of those that came so far, so it is
// never forgotten and has seen all its events; and what is forgotten can never be among the lowest again.
extension OrderEntry {
    /// How many allocations of an order count, and how many it may list (docs/CONTRACT.md, "Bounds").
    public static let maximumAllocations = 100
    /// How many allocations saved on their own are remembered, deleted ones included.
    public static let maximumOwn = 1_000

    /// The allocations that count, sorted by id: the first ``maximumAllocations`` of those in force.
    public var allocations: [Allocation] {
        let inForce = inForce
        if inForce.count <= Self.maximumAllocations { return inForce }
        return inForce.sorted { $0.id.countsBefore($1.id) }.prefix(Self.maximumAllocations).sorted { $0.id < $1.id }
    }

    /// Whether a bound may be exceeded after a change; false is certain.
    func mayExceedBound(after change: OrderChange) -> Bool {
        switch change {
        case .deleted, .saved(_, listed: nil, _): false
        case .saved(_, let listed?, _), .deletedKeeping(let listed, _):
            listed.count + own.count > Self.maximumAllocations
        case .allocationSaved, .allocationDeleted: listed.count + own.count >= Self.maximumAllocations
        }
    }

    /// Forgets what is beyond ``maximumOwn``, and says what the change leaves uncounted.
    /// - Parameter counted: the allocations that counted before the change.
    mutating func keepBounds(after change: OrderChange, counted: Set<Identifier>) throws(BoundExceeded) {
        var forgotten: Identifier?
        if own.count > Self.maximumOwn, let last = own.indices.max(by: { own[$0].id.countsBefore(own[$1].id) }) {
            forgotten = own.remove(at: last).id
        }
        let named = Set(change.savedAllocations)
        let uncounted = inForce.map(\.id).sorted { $0.countsBefore($1) }.dropFirst(Self.maximumAllocations)
            .filter { named.contains($0) || counted.contains($0) }
        guard uncounted.isEmpty, forgotten == nil else {
            throw BoundExceeded(
                uncounted: Array(uncounted),
                forgotten: forgotten,
                member: change.isOfAllocation ? "id" : "allocations"
            )
        }
    }
}

extension OrderChange {
    /// Whether it saves or deletes an allocation on its own.
    public var isOfAllocation: Bool { if case .allocation = part { true } else { false } }

    /// The allocations that it saves.
    fileprivate var savedAllocations: [Identifier] {
        switch self {
        case .saved(_, let listed, _): listed?.map(\.id) ?? []
        case .deletedKeeping(let listed, _): listed.map(\.id)
        case .allocationSaved(let allocation, _): [allocation.id]
        case .deleted, .allocationDeleted: []
        }
    }
}

extension Identifier {
    /// The shorter id first, and of the same length the lower one: numbered ids in the order of their numbers.
    fileprivate func countsBefore(_ other: Identifier) -> Bool {
        let (length, otherLength) = (rawValue.utf8.count, other.rawValue.utf8.count)
        return length == otherLength ? self < other : length < otherLength
    }
}
