internal import Redis
internal import SalesRules

/// The changes of one posting to the index that finds the orders by the ids of allocations saved on their own.
struct AllocationIndex {
    private var changes: [(allocation: TenantScoped, order: Identifier, isAdded: Bool)] = []

    /// Records which of an order's own allocations were added and removed.
    mutating func move(
        _ order: TenantScoped,
        from old: [OrderEntry.OwnAllocation],
        to new: [OrderEntry.OwnAllocation]
    ) {
        if old == new { return }
        let before = Set(old.lazy.filter { $0.allocation != nil }.map(\.id))
        let after = Set(new.lazy.filter { $0.allocation != nil }.map(\.id))
        for id in before.symmetricDifference(after) {
            let allocation = TenantScoped(tenant: order.tenant, id: id)
            changes.append((allocation, order.id, after.contains(id)))
        }
    }

    func append(to pipeline: inout RedisPipeline, keys: KeySpace, shard: Int) {
        for change in changes {
            pipeline.append(
                RedisCommand(
                    change.isAdded ? "SADD" : "SREM",
                    keys.allocation(change.allocation, shard: shard),
                    change.order.rawValue
                )
            )
        }
    }
}
