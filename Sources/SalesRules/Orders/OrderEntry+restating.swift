// Compaction keeps the last record of each key (docs/CONTRACT.md, "Compaction"). Where that record alone does not give
// what is known, the program writes the present state once more behind it.
extension OrderEntry {
    /// A part of what is known of an order that has records, and a version, of its own.
    public enum Part: Hashable, Sendable {
        /// The order with the allocations that it lists.
        case order
        /// An allocation that was saved or deleted on its own.
        case allocation(Identifier)
    }

    /// Whether the source has saved or deleted the order.
    public var knowsOrder: Bool { order != nil || isDeleted }

    /// Whether a later event has the same effect as on an order of which nothing is known: it is unknown, or was deleted
    /// without a version, and has no allocations.
    public var remembersNothing: Bool {
        (order == nil || isDeleted) && version == nil && listed.isEmpty && own.isEmpty
    }

    /// Whether anything is known of a part.
    public func knows(_ part: Part) -> Bool {
        switch part {
        case .order: knowsOrder
        case .allocation(let id): own.contains { $0.id == id }
        }
    }

    /// Applies a change that restates what the program knew. It decides only where nothing is known, or where it has a
    /// higher version; and it gives the listed allocations back to the same save or deletion without them.
    /// - Returns: false when it changes nothing.
    public mutating func restate(_ change: OrderChange) throws(BoundExceeded) -> Bool {
        switch change {
        case .saved(let order, let listed, let version):
            if !knowsOrder || isAbove(version, self.version) { return try apply(change) }
            guard !isDeleted, self.order == order, version == self.version else { return false }
            return complete(listed ?? [])
        case .deleted(let version):
            if !knowsOrder || isAbove(version, self.version) { return try apply(change) }
            return false
        case .deletedKeeping(let listed, let version):
            if !knowsOrder || isAbove(version, self.version) { return try apply(change) }
            return isDeleted && version == self.version && complete(listed)
        case .allocationSaved(let allocation, let version): return try restate(allocation.id, version, change)
        case .allocationDeleted(let id, let version): return try restate(id, version, change)
        }
    }

    private mutating func restate(
        _ id: Identifier,
        _ version: RecordVersion?,
        _ change: OrderChange
    ) throws(BoundExceeded) -> Bool {
        if let known = own.first(where: { $0.id == id }), !isAbove(version, known.version) { return false }
        return try apply(change)
    }

    private mutating func complete(_ listed: [Allocation]) -> Bool {
        if hasList || listed.isEmpty { return false }
        list(listed)
        return true
    }

    /// Whether this change alone gives what is known of its part.
    /// - Parameter isApplied: whether the change was just applied, so that a saved order is known to be this one.
    public func isGiven(by change: OrderChange, isApplied: Bool = false) -> Bool {
        switch change {
        case .saved(let order, let listed, let version):
            version == self.version && !isDeleted && (isApplied || order == self.order) && isListed(listed ?? [])
        case .deleted(let version): version == self.version && isDeleted && listed.isEmpty
        case .deletedKeeping(let listed, let version): version == self.version && isDeleted && isListed(listed)
        case .allocationSaved(let allocation, let version):
            own.contains { $0.allocation == allocation && $0.version == version }
        case .allocationDeleted(let id, let version):
            own.contains { $0.id == id && $0.allocation == nil && $0.version == version }
        }
    }

    private func isListed(_ allocations: [Allocation]) -> Bool {
        allocations == listed || (allocations.count == listed.count && allocations.sorted { $0.id < $1.id } == listed)
    }

    /// The change that alone gives what is known of a part; nil where nothing is known of it.
    public func restatement(of part: Part) -> OrderChange? {
        switch part {
        case .order:
            if isDeleted {
                return listed.isEmpty ? .deleted(version: version) : .deletedKeeping(listed, version: version)
            }
            return order.map { .saved($0, listed: hasList ? listed : nil, version: version) }
        case .allocation(let id):
            guard let known = own.first(where: { $0.id == id }) else { return nil }
            return known.allocation.map { .allocationSaved($0, version: known.version) }
                ?? .allocationDeleted(id, version: known.version)
        }
    }
}

extension OrderChange {
    /// The part of an order that it changes.
    public var part: OrderEntry.Part {
        switch self {
        case .saved, .deleted, .deletedKeeping: .order
        case .allocationSaved(let allocation, _): .allocation(allocation.id)
        case .allocationDeleted(let id, _): .allocation(id)
        }
    }
}

extension Versioned {
    /// Applies an event that restates what the program knew: it decides only where it has a higher version.
    /// - Returns: false when it changes nothing.
    public mutating func restate(_ value: Value?, version: RecordVersion?) -> Bool {
        let isUnknown = self.value == nil && self.version == nil
        guard isUnknown || isAbove(version, self.version) else { return false }
        return apply(value, version: version)
    }
}

/// Whether there is a version, and it is above the highest that was applied.
func isAbove<Version: Comparable>(_ version: Version?, _ highest: Version?) -> Bool {
    guard let version else { return false }
    return highest.map { version > $0 } ?? true
}
