internal import Redis
package import SalesRules

/// An order and what it counts for.
package struct OrderResult: Sendable {
    /// The order's id.
    package let id: Identifier
    /// All that is known of it.
    package let entry: OrderEntry
    /// Nil when it does not count.
    package let worth: OrderWorth?

    /// About how many bytes a page of orders may have when it is shown: an order may have long texts and a hundred
    /// allocations, and a page a thousand orders.
    static let pageSize = 2 << 20
    /// The most orders that are read from Redis at once.
    static let ordersPerRead = 200

    /// About how many bytes the order has when it is shown.
    var size: Int {
        let texts = entry.order?.texts.bytes.count ?? 0
        return 300 + texts + 120 * (worth?.credits.count ?? 0) + 150 * entry.allocations.count
    }
}

extension LedgerReader {
    /// The order with this id; nil when no event has saved it.
    package func order(_ id: Identifier, of tenant: Identifier) async throws(LedgerError) -> OrderResult? {
        let found = try await entries([id], of: tenant)[0]
        return found.entry.order == nil ? nil : found
    }

    /// The entries of these orders, also of those of which only allocations are known, or nothing.
    package func orders(_ ids: [Identifier], of tenant: Identifier) async throws(LedgerError) -> [OrderResult] {
        var found: [OrderResult] = []
        for start in stride(from: 0, to: ids.count, by: OrderResult.ordersPerRead) {
            let page = ids[start..<min(start + OrderResult.ordersPerRead, ids.count)]
            found += try await entries(Array(page), of: tenant)
        }
        return found
    }

    /// The orders that have an allocation with this id, saved on its own: at most two from each shard.
    package func orders(withOwn allocation: Identifier, of tenant: Identifier) async throws(LedgerError) -> [Identifier]
    {
        let id = TenantScoped(tenant: tenant, id: allocation)
        let replies = try await link.snapshot(
            (0..<keys.shards).map { RedisCommand("SRANDMEMBER", keys.allocation(id, shard: $0), "2") }
        )
        var orders: [Identifier] = []
        for reply in replies {
            for value in try reply.elements("SRANDMEMBER") {
                orders.append(try value.orderID(in: "the index of allocation \(id)", "SRANDMEMBER"))
            }
        }
        return orders
    }

    func entries(
        _ ids: [Identifier],
        of tenant: Identifier
    ) async throws(LedgerError) -> [OrderResult] {
        let names = ids.map { TenantScoped(tenant: tenant, id: $0) }
        let replies = try await link.snapshot(
            names.map { RedisCommand("GET", keys.entry($0, shard: keys.shard(of: $0))) }
        )
        var orders: [OrderResult] = []
        for (name, reply) in zip(names, replies) {
            let entry = try reply.entry(of: name, reporting: rules.currency)
            orders.append(OrderResult(id: name.id, entry: entry, worth: rules.worth(of: entry)))
        }
        return orders
    }
}
