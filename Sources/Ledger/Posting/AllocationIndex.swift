internal import Redis
internal import SalesRules

/// Which orders have an allocation of an id, saved on its own: what a posting changes of it. Orders without such
/// allocations cost nothing.
struct AllocationIndex {
    private var changes: [(allocation: TenantScoped, order: Identifier, isThere: Bool)] = []

    /// Notes what came and what went of an order's own allocations.
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
                    change.isThere ? "SADD" : "SREM",
                    keys.allocation(change.allocation, shard: shard),
                    change.order.rawValue
                )
            )
        }
    }
}
