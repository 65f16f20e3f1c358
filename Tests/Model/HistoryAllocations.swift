internal import SalesRules

extension History.Iterator {
    /// One allocation saved or deleted on its own, or a list of allocations each saved on its own. The order may still
    /// be unknown. The ids overlap with those that orders list; a long list is full without the first ones.
    mutating func changeAllocations(of tenant: Identifier) -> [Event] {
        let order = orderKey(of: tenant)
        let place = Int.random(in: random.chance(100) ? 99...106 : 2...6, using: &random)
        if random.chance(250) { return [delete(id("A-\(place)"), of: order)] }
        if random.chance(150) { return allocationList(from: 3).map { save($0, of: order) } }
        let owner = orders[order]?.order.owner
        let salesperson = random.chance(200) ? owner ?? person() : person()
        let limit = limit()
        return [save(Allocation(id: id("A-\(place)"), salesperson: salesperson, limit: limit), of: order)]
    }

    /// Up to four allocations, which an order lists. A few lists are as long as they may be, so that together with
    /// allocations saved on their own they are beyond the bound.
    mutating func listedAllocations() -> [Allocation] {
        guard random.chance(10) else { return allocationList(from: 1) }
        return (5...104).map { Allocation(id: id("A-\($0)"), salesperson: person(), limit: limit()) }
    }

    /// Up to four allocations; their percentages often add up to exactly 100.
    mutating func allocationList(from first: Int) -> [Allocation] {
        let count = Int.random(in: 1...4, using: &random)
        let shares = random.chance(600) ? hundredPercent(in: count).map { Allocation.Limit.percent($0) } : []
        return (0..<count).map { place in
            Allocation(
                id: id("A-\(first + place)"),
                salesperson: person(),
                limit: shares.isEmpty ? limit() : shares[place]
            )
        }
    }

    private mutating func hundredPercent(in count: Int) -> [Percent] {
        var cuts: Set<Int> = []
        while cuts.count < count - 1 {
            // Thirds and sevenths leave remainders to distribute.
            cuts.insert(random.pick([333_333, 666_667, 142_857, Int.random(in: 1...999_999, using: &random)]))
        }
        let ends = cuts.sorted() + [1_000_000]
        return zip(ends, [0] + ends).map { Percent(tenThousandths: $0 - $1)! }
    }

    private mutating func limit() -> Allocation.Limit {
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<4: .percent(Percent(tenThousandths: random.pick([400_000, 333_333, 1, 1_000_000, 125_000]))!)
        case 4..<8:
            .amount(
                random.pick([
                    Decimal(units: Int64.random(in: 0...900_000, using: &random), scale: 2),
                    Decimal(units: Int64.random(in: 0...9_999_999, using: &random), scale: 5),
                    Decimal(units: 50_000_000, scale: 0), random.pick(longAmounts).absolute,
                ])
            )
        default: .whole
        }
    }

    private mutating func save(_ allocation: Allocation, of order: TenantScoped) -> Event {
        let version = version(of: RecordKey(topic: .allocations, text: "\(order)/\(allocation.id)"))
        return Event(tenant: order.tenant, .order(order.id, .allocationSaved(allocation, version: version)))
    }

    private mutating func delete(_ allocation: Identifier, of order: TenantScoped) -> Event {
        let version = version(of: RecordKey(topic: .allocations, text: "\(order)/\(allocation)"))
        return Event(tenant: order.tenant, .order(order.id, .allocationDeleted(allocation, version: version)))
    }
}
