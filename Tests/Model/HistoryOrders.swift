internal import SalesRules

/// The current state of an order in its source.
struct OrderDraft {
    var order: Order
    /// Whether its saves have the member `allocations`.
    let lists: Bool
    var listed: [Allocation]
}

extension History.Iterator {
    mutating func saveOrder(of tenant: Identifier) -> Event {
        let key = orderKey(of: tenant)
        var draft = orders[key] ?? newOrder(key.id)
        if orders[key] != nil { change(&draft) }
        orders[key] = draft
        let version = version(of: RecordKey(topic: .orders, text: key.description))
        return Event(
            tenant: tenant,
            .order(key.id, .saved(draft.order, listed: draft.lists ? draft.listed : nil, version: version))
        )
    }

    mutating func deleteOrder(of tenant: Identifier) -> Event {
        let key = orderKey(of: tenant)
        let version = version(of: RecordKey(topic: .orders, text: key.description))
        return Event(tenant: tenant, .order(key.id, .deleted(version: version)))
    }

    mutating func orderKey(of tenant: Identifier) -> TenantScoped {
        TenantScoped(tenant: tenant, id: id("SO-\(Int.random(in: 1...history.orders, using: &random))"))
    }

    private mutating func newOrder(_ orderID: Identifier) -> OrderDraft {
        let (currency, rate) = money()
        let order = Order(
            id: orderID,
            number: orderID.rawValue.replacing("-", with: ""),
            subject: random.pick(["Renewal 2026", "Übergröße, 3 Stück", "", "注文 \"七\"", "a\nb\tc"]),
            account: random.pick(["Globex", "Émile & Fils", ""]),
            owner: person(),
            total: total(),
            currency: currency,
            exchangeRate: rate,
            date: day(),
            status: random.pick(["Approved", "Created", ""])
        )
        let lists = random.chance(450)
        return OrderDraft(order: order, lists: lists, listed: lists ? listedAllocations() : [])
    }

    private mutating func change(_ draft: inout OrderDraft) {
        if random.chance(150) { return }
        for _ in 0..<Int.random(in: 1...2, using: &random) {
            switch Int.random(in: 0..<10, using: &random) {
            case 0, 1: draft.order.total = total()
            case 2: draft.order.owner = person()
            case 3, 4: draft.order.date = day()
            case 5: draft.order.status = random.pick(["Cancelled", "cancelled", "CANCELLED", "Approved"])
            case 6: draft.order.status = random.pick(["Approved", "Created"])
            case 7: draft.order.subject += "!"
            case 8: (draft.order.currency, draft.order.exchangeRate) = money()
            default: if draft.lists { draft.listed = random.chance(200) ? [] : listedAllocations() }
            }
        }
    }

    private mutating func total() -> Decimal {
        if random.chance(50) { return random.pick(longAmounts) }
        let range: ClosedRange<Int64> = random.weighted([
            (weight: 30, value: 0...0), (weight: 80, value: 1...9), (weight: 80, value: -2_000_000 ... -1),
            (weight: 800, value: 100...5_000_000), (weight: 10, value: 900_000_000_000...1_000_000_000_000),
        ])
        return Decimal(units: Int64.random(in: range, using: &random), scale: random.pick([2, 2, 2, 0, 3]))
    }

    private mutating func money() -> (Currency, Decimal) {
        random.weighted([
            (weight: 70, value: (.euro, .one)),
            (weight: 10, value: (Currency("USD")!, Decimal(units: 10_876, scale: 4))),
            (weight: 10, value: (.yen, Decimal(units: 16_325, scale: 2))),
            (weight: 5, value: (Currency("KWD")!, Decimal(units: 33_333, scale: 5))),
            (weight: 5, value: (Currency("GBP")!, Decimal(units: 857_142_857_142_857_143, scale: 18))),
            (weight: 5, value: (Currency("USD")!, decimal("1.086956521739130434782608696"))),
        ])
    }
}

/// Amounts as databases and scripts compute them.
let longAmounts = [
    "333.3333333333333333", "12.345", "-66.66666666666666666666666667", "0.005000000000000000000000000001",
]
.map(decimal)

func decimal(_ text: String) -> Decimal {
    guard let number = try? Decimal(text) else { preconditionFailure("\(text) is not a decimal") }
    return number
}
