import SalesRules

/// Short functions that make events for tests. The tenant is `acme` unless a test gives another one.

let acme = Identifier("acme")!

func id(_ text: String) -> Identifier { Identifier(text)! }

func day(_ text: String) -> Day { Day(text)! }

/// `A-1 u-18 40%`, `A-1 u-18 500.00`, or `A-1 u-18` for the whole order.
func allocation(_ text: String) -> Allocation {
    let words = text.split(separator: " ").map(String.init)
    let limit: Allocation.Limit =
        if words.count < 3 {
            .whole
        } else if words[2].hasSuffix("%") {
            .percent(Percent(try! Decimal(String(words[2].dropLast())))!)
        } else {
            .amount(try! Decimal(words[2]))
        }
    return Allocation(id: id(words[0]), salesperson: id(words[1]), limit: limit)
}

func saved(
    _ order: String,
    owner: String = "u-17",
    total: String,
    currency: String = "EUR",
    rate: String = "1",
    date: String = "2026-03-14",
    status: String = "Approved",
    allocations: [String] = [],
    tenant: Identifier = acme
) -> Event {
    let currency = Currency(currency)!
    let order = Order(
        id: id(order),
        number: order.replacing("-", with: ""),
        subject: "Renewal 2026",
        account: "Globex",
        owner: id(owner),
        total: try! Decimal(total),
        currency: currency,
        exchangeRate: try! Decimal(rate),
        date: day(date),
        status: status
    )
    return Event(
        tenant: tenant,
        .order(order.id, .saved(order, listed: allocations.map(allocation), version: nil))
    )
}

/// An event that saves one allocation, in the notation of ``allocation(_:)``.
func allocated(_ order: String, _ text: String, version: RecordVersion? = nil, tenant: Identifier = acme) -> Event {
    Event(tenant: tenant, .order(id(order), .allocationSaved(allocation(text), version: version)))
}

/// - Parameter goal: in the format of events: `250000.00` for revenue, `12` for orders.
func target(
    _ name: String,
    title: String = "",
    measure: Measure = .revenue,
    goal: String,
    from start: String = "2026-01-01",
    to end: String = "2026-12-31",
    for assignees: [String] = ["u-17"],
    version: RecordVersion? = nil,
    tenant: Identifier = acme
) -> Event {
    let goal = measure == .revenue ? try! Money.minorUnits(goal, in: .euro) : Int64(goal)!
    let target = Target(
        id: id(name),
        name: title,
        measure: measure,
        goal: goal,
        period: Period(start: day(start), end: day(end))!,
        assignees: assignees.map { id($0) },
        version: version
    )!
    return Event(tenant: tenant, .target(target.id, .saved(target)))
}

func person(_ name: String, _ fullName: String, tenant: Identifier = acme) -> Event {
    Event(tenant: tenant, .person(id(name), .saved(Person(id: id(name), name: fullName))))
}

func preference(of name: String, _ choice: WidgetChoice) -> Event {
    Event(tenant: acme, .person(id(name), .preferred(choice, version: nil)))
}
