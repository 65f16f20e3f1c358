internal import Redis
package import SalesRules

/// The place in a list of orders, newest first, after which the next page begins.
package struct OrderPosition: Hashable, Sendable {
    /// The day of the last order of the page before.
    package let day: Day
    /// The id of that order.
    package let order: Identifier

    /// The place after this order.
    package init(day: Day, order: Identifier) {
        self.day = day
        self.order = order
    }
}

extension LedgerReader {
    /// The orders that make up a target's result: newest date first, orders of one day by descending id.
    /// - Parameter after: the last order of the page before; nil for the first page.
    /// - Returns: up to `limit` orders, fewer where they are large, and whether there may be more.
    package func orders(
        of target: Target,
        tenant: Identifier,
        after: OrderPosition?,
        limit: Int
    ) async throws(LedgerError) -> (orders: [OrderResult], hasMore: Bool) {
        let assignees = Set(target.assignees)
        var found: [OrderResult] = []
        var size = 0
        let upTo = after?.day ?? target.period.end
        var days = try await daysWithOrders(of: target, tenant: tenant, upTo: upTo)[...]
        while found.count <= limit, size < OrderResult.pageSize, let day = days.popFirst() {
            var ids = try await self.ids(on: day, of: target, tenant: tenant)
            if let after, after.day == day { ids = ids.filter { $0 < after.order } }
            var rest = ids.sorted(by: >)[...]
            while found.count <= limit, size < OrderResult.pageSize, !rest.isEmpty {
                // One order more than requested shows whether there is a next page.
                let chunk = Array(rest.prefix(min(limit + 1 - found.count, OrderResult.ordersPerRead)))
                rest.removeFirst(chunk.count)
                for order in try await entries(chunk, of: tenant) {
                    // An order may have moved to another day since its id was read.
                    guard let worth = order.worth, worth.day == day else { continue }
                    guard worth.tally(of: assignees) != nil else { continue }
                    size += order.size
                    if size >= OrderResult.pageSize, !found.isEmpty { return (Array(found.prefix(limit)), true) }
                    found.append(order)
                }
            }
        }
        return (Array(found.prefix(limit)), found.count > limit || size >= OrderResult.pageSize)
    }

    /// The days on which an assignee has orders, newest first.
    private func daysWithOrders(
        of target: Target,
        tenant: Identifier,
        upTo last: Day
    ) async throws(LedgerError) -> [Day] {
        guard let period = Period(start: target.period.start, end: min(last, target.period.end)) else { return [] }
        let parts = target.assignees.flatMap { person in
            PersonDays.parts(tenant: tenant, person: person, period: period)
        }
        var hasOrders = Set<Int>()
        let replies = try await link.snapshot(
            parts.flatMap { part in
                (0..<keys.shards).map { PackedTallies.read(key: keys.days(part.key, shard: $0), part.places) }
            }
        )
        for (index, reply) in replies.enumerated() {
            let part = parts[index / keys.shards]
            var tallies = Array(repeating: TallySum.zero, count: part.places.count)
            PackedTallies.add(try reply.optionalBytes("GETRANGE") ?? [], to: &tallies[...])
            for (place, tally) in tallies.enumerated() where tally.orders != 0 {
                hasOrders.insert(part.firstDay.number + place)
            }
        }
        return hasOrders.sorted(by: >).compactMap { Day(number: $0) }
    }

    private func ids(
        on day: Day,
        of target: Target,
        tenant: Identifier
    ) async throws(LedgerError) -> Set<Identifier> {
        let replies = try await link.snapshot(
            target.assignees.flatMap { person in
                (0..<keys.shards).map { shard in
                    RedisCommand("HKEYS", keys.index(tenant: tenant, person: person, day: day, shard: shard))
                }
            }
        )
        var ids: Set<Identifier> = []
        for reply in replies {
            for value in try reply.elements("HKEYS") {
                ids.insert(try value.orderID(in: "the index of \(day)", "HKEYS"))
            }
        }
        return ids
    }
}
