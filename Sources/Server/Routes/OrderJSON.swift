internal import Events
internal import Ledger
internal import SalesRules

/// Writes orders, allocations and credits as JSON (docs/CONTRACT.md, "HTTP").
struct OrderJSON {
    /// What credits follow from; their currency is that of the credits.
    let rules: Rules
    /// The people in the allocations and credits, for their names.
    let people: [Identifier: Person]

    /// Writes the members that every answer with an order has. The total is in the order's own currency.
    func write(_ order: Order, to json: inout JSONWriter) {
        json.member("id", order.id.rawValue)
        json.member("number", order.number)
        json.member("subject", order.subject)
        json.member("account", order.account)
        json.member("date", order.date.description)
        json.member("total", Money.rounded(order.total, in: order.currency))
        json.member("currency", order.currency.code)
    }

    func write(_ allocations: [EffectiveAllocation], of order: Order, to json: inout JSONWriter) {
        json.objects("allocations", allocations) { effective, json in
            json.member("id", effective.allocation.id.rawValue)
            write(effective, of: order, to: &json)
        }
    }

    /// Writes all members except the allocation's id.
    func write(_ effective: EffectiveAllocation, of order: Order, to json: inout JSONWriter) {
        write(person: effective.allocation.salesperson, to: &json)
        write(effective.allocation.limit, of: order, to: &json)
        json.member("source", effective.isOwn ? "own" : "order")
        if !effective.counts { json.member("counts", false) }
        json.member("etag", effective.tag.description)
    }

    func write(_ credits: [Credit], of order: Order, _ entry: OrderEntry, to json: inout JSONWriter) {
        json.objects("credits", credits) { credit, json in
            let reasons = rules.reasons(of: entry, for: credit.salesperson)
            write(person: credit.salesperson, to: &json)
            json.member("amount", Money.text(credit.amount, in: rules.currency))
            json.member("because", reasons.map { Self.text($0, order) }.joined(separator: ", "))
            json.objects("reasons", reasons) { reason, json in write(reason, of: order, to: &json) }
        }
    }

    private func write(person: Identifier, to json: inout JSONWriter) {
        json.member("salesperson", person.rawValue)
        json.member("name", people[person]?.name ?? person.rawValue)
    }

    private func write(_ reason: CreditReason, of order: Order, to json: inout JSONWriter) {
        switch reason {
        case .owner: json.member("kind", "owner")
        case .remainder: json.member("kind", "remainder")
        case .allocation(let id, let limit):
            json.member("kind", "allocation")
            json.member("allocation", id.rawValue)
            write(limit, of: order, to: &json)
        }
    }

    private func write(_ limit: Allocation.Limit, of order: Order, to json: inout JSONWriter) {
        switch limit {
        case .whole: break
        case .percent(let percent): json.member("percent", percent.description)
        case .amount(let amount): json.member("amount", Money.text(amount, in: order.currency))
        }
    }

    private static func text(_ reason: CreditReason, _ order: Order) -> String {
        switch reason {
        case .owner: "owner"
        case .remainder: "owner: what the allocations leave"
        case .allocation(let id, .whole): "allocation \(id): whole order"
        case .allocation(let id, .percent(let percent)): "allocation \(id): \(percent) %"
        case .allocation(let id, .amount(let amount)):
            "allocation \(id): \(Money.text(amount, in: order.currency)) \(order.currency)"
        }
    }
}
