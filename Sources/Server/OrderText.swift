internal import Events
internal import SalesTargets

/// Orders, allocations and credits as the contract shows them.
enum OrderText {
    /// The order's total is in its own currency, which stands beside it.
    static func write(_ order: Order, to json: inout JSONWriter) {
        json.member("id", order.id.rawValue)
        json.member("number", order.number)
        json.member("subject", order.subject)
        json.member("account", order.account)
        json.member("date", order.date.description)
        json.member("total", Money.text(order.total, in: order.currency))
        json.member("currency", order.currency.code)
    }

    static func write(_ allocations: [Allocation], of order: Order, to json: inout JSONWriter) {
        json.objects("allocations", allocations) { allocation, json in
            json.member("id", allocation.id.rawValue)
            json.member("salesperson", allocation.salesperson.rawValue)
            switch allocation.limit {
            case .whole: break
            case .percent(let percent): json.member("percent", percent.description)
            case .amount(let amount): json.member("amount", text(amount, in: order.currency))
            }
        }
    }

    /// - Parameter currency: the reporting currency, which credits are in.
    static func write(_ credits: [Credit], of order: Order, currency: Currency, to json: inout JSONWriter) {
        json.objects("credits", credits) { credit, json in
            json.member("salesperson", credit.salesperson.rawValue)
            json.member("amount", Money.text(credit.amount, in: currency))
            json.member("because", credit.because.map { reason($0, order) }.joined(separator: ", "))
        }
    }

    private static func reason(_ reason: CreditReason, _ order: Order) -> String {
        switch reason {
        case .owner: "owner"
        case .remainder: "owner: what the allocations leave"
        case .allocation(let id, .whole): "allocation \(id): whole order"
        case .allocation(let id, .percent(let percent)): "allocation \(id): \(percent) %"
        case .allocation(let id, .amount(let amount)):
            "allocation \(id): \(text(amount, in: order.currency)) \(order.currency)"
        }
    }

    /// With the digits of the minor unit; as it was given where it is beyond what money may be.
    private static func text(_ amount: Decimal, in currency: Currency) -> String {
        Money.minorUnits(of: amount, in: currency).map { Money.text($0, in: currency) } ?? amount.description
    }
}
