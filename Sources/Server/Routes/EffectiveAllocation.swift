internal import Ledger
internal import SalesRules

/// An allocation in force, and its source.
struct EffectiveAllocation {
    let allocation: Allocation
    /// Whether it was saved on its own; if not, the order lists it.
    let isOwn: Bool
    /// Whether it is among the allocations of its order that count (docs/CONTRACT.md, "Bounds").
    let counts: Bool
    let tag: RecordETag

    /// All allocations in force of an order.
    static func all(of entry: OrderEntry) -> [EffectiveAllocation] {
        let counted = Set(entry.allocations.map(\.id))
        return entry.inForce.map { allocation in
            let own = entry.own.first { $0.id == allocation.id && $0.allocation != nil }
            return EffectiveAllocation(
                allocation: allocation,
                isOwn: own != nil,
                counts: counted.contains(allocation.id),
                tag: RecordETag(allocation, version: own?.version, isOwn: own != nil)
            )
        }
    }

    /// The allocation with this id; nil when there is none.
    static func of(_ id: Identifier, in entry: OrderEntry) -> EffectiveAllocation? {
        all(of: entry).first { $0.allocation.id == id }
    }
}
