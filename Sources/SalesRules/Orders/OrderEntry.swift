/// A change of one order, or of one of its allocations, as a source sends it.
public enum OrderChange: Hashable, Sendable {
    /// The whole order as it is now. `listed` are the allocations in the order itself; nil when the event has no such
    /// list.
    case saved(Order, listed: [Allocation]?, version: RecordVersion?)
    case deleted(version: RecordVersion?)
    /// A deletion that says which allocations a later save without a list counts with. Only the program writes it.
    case deletedKeeping([Allocation], version: RecordVersion?)
    case allocationSaved(Allocation, version: RecordVersion?)
    case allocationDeleted(Identifier, version: RecordVersion?)
}

/// All that is known of one order: its last save, its allocations, and the versions seen. The entry is kept when the
/// order is deleted, so that a late event cannot bring the order back and a later save finds its allocations (rule 4 in
/// docs/CONTRACT.md).
public struct OrderEntry: Hashable, Sendable {
    /// The last save; nil when only allocations or a deletion of the order were seen.
    public var order: Order?
    /// Whether the source deleted it.
    public var isDeleted: Bool
    /// The highest version applied; nil when none of its events had one.
    public var version: RecordVersion?
    /// The allocations of the latest save that had a list of them.
    public var listed: [Allocation]
    /// Whether there was a save with such a list, also with an empty one. If not, earlier saves may have been compacted
    /// away, and a record that restates the order may give their list back.
    public var hasList: Bool
    /// The allocations saved or deleted on their own, sorted by id. A deleted one stays here, because it overrides the
    /// listed allocation of the same id.
    public var own: [OwnAllocation]
    /// The catalog revision under which its contributions were derived.
    public var revision: Int64

    /// An allocation saved or deleted on its own.
    public struct OwnAllocation: Hashable, Sendable {
        /// The allocation's id, unique within the order.
        public var id: Identifier
        /// Nil when it was deleted.
        public var allocation: Allocation?
        /// The highest version applied.
        public var version: RecordVersion?

        /// What is known of an allocation.
        public init(id: Identifier, allocation: Allocation?, version: RecordVersion?) {
            self.id = id
            self.allocation = allocation
            self.version = version
        }
    }

    /// The entry of an unknown order.
    public init() {
        order = nil
        isDeleted = false
        version = nil
        listed = []
        hasList = false
        own = []
        revision = 0
    }

    /// The allocations in force, sorted by id: the listed ones and those saved on their own. Of two with the same id,
    /// the one that was saved or deleted on its own decides.
    public var inForce: [Allocation] {
        if own.isEmpty { return listed }
        var inForce: [Allocation] = []
        var left = listed[...]
        for own in own {
            while let first = left.first, first.id < own.id { inForce.append(left.removeFirst()) }
            if left.first?.id == own.id { left.removeFirst() }
            if let allocation = own.allocation { inForce.append(allocation) }
        }
        return inForce + left
    }

    /// Applies one change.
    /// - Returns: false when the change is stale (docs/CONTRACT.md, "Versions").
    /// - Throws: ``BoundExceeded`` when the order then has allocations beyond a bound; the change is applied all the same.
    public mutating func apply(_ change: OrderChange) throws(BoundExceeded) -> Bool {
        // Nearly every order is far from the bounds.
        guard mayExceedBound(after: change) else { return take(change) }
        let counted = allocations.map(\.id)
        guard take(change) else { return false }
        try keepBounds(after: change, counted: Set(counted))
        return true
    }

    private mutating func take(_ change: OrderChange) -> Bool {
        switch change {
        case .saved(let order, let listed, let version):
            guard raise(to: version) else { return false }
            self.order = order
            isDeleted = false
            if let listed { list(listed) }
        case .deleted(let version):
            guard raise(to: version) else { return false }
            isDeleted = true
        case .deletedKeeping(let listed, let version):
            guard raise(to: version) else { return false }
            isDeleted = true
            list(listed)
        case .allocationSaved(let allocation, let version):
            return put(allocation, id: allocation.id, version: version)
        case .allocationDeleted(let id, let version):
            return put(nil, id: id, version: version)
        }
        return true
    }

    mutating func list(_ allocations: [Allocation]) {
        listed = allocations.sorted { $0.id < $1.id }
        hasList = true
    }

    private mutating func raise(to version: RecordVersion?) -> Bool {
        if version.isStale(after: self.version) { return false }
        self.version = version ?? self.version
        return true
    }

    private mutating func put(_ allocation: Allocation?, id: Identifier, version: RecordVersion?) -> Bool {
        let place = own.firstIndex { $0.id >= id } ?? own.endIndex
        let known = place < own.endIndex && own[place].id == id
        if known, version.isStale(after: own[place].version) { return false }
        if known {
            own[place].allocation = allocation
            own[place].version = version ?? own[place].version
        } else {
            own.insert(OwnAllocation(id: id, allocation: allocation, version: version), at: place)
        }
        return true
    }
}
