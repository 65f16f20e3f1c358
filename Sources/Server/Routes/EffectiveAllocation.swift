internal import Ledger
internal import SalesRules

/// An allocation in effect, and its source.
struct EffectiveAllocation {
    let allocation: Allocation
    /// Whether it was saved on its own; if not, the order lists it.
    let isOwn: Bool
    let tag: RecordETag

    /// All allocations in effect of an order.
    static func all(of entry: OrderEntry) -> [EffectiveAllocation] {
        entry.allocations.map { allocation in
            let own = entry.own.first { $0.id == allocation.id && $0.allocation != nil }
            return EffectiveAllocation(
                allocation: allocation,
                isOwn: own != nil,
                tag: RecordETag(allocation, version: own?.version, isOwn: own != nil)
            )
        }
    }

    /// The allocation with this id; nil when there is none.
    static func of(_ id: Identifier, in entry: OrderEntry) -> EffectiveAllocation? {
        all(of: entry).first { $0.allocation.id == id }
    }
}
