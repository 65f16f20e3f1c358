import Model
import SalesRules

/// Short ways to write test values.

func day(_ text: String) -> Day { Day(text)! }

func period(_ start: String, _ end: String) -> Period { Period(start: day(start), end: day(end))! }

/// `A-1 ann 40%`, `A-1 ann 500.00`, or `A-1 ann` for the whole order.
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

func order(
    _ name: String = "SO-1",
    owner: String = "own",
    total: Int64 = 100_00,
    currency: String = "EUR",
    rate: String = "1",
    date: String = "2026-03-14",
    status: String = "Approved"
) -> Order {
    Order(
        id: id(name),
        owner: id(owner),
        total: Decimal(units: total, scale: Currency(currency)!.exponent),
        currency: Currency(currency)!,
        exchangeRate: try! Decimal(rate),
        date: day(date),
        status: status
    )
}

/// The entry after these changes.
func entry(_ changes: OrderChange...) -> OrderEntry {
    var entry = OrderEntry()
    for change in changes { _ = try! entry.apply(change) }
    return entry
}

func entry(_ order: Order, _ allocations: [String]) -> OrderEntry {
    entry(.saved(order, listed: allocations.map(allocation), version: nil))
}

func target(
    _ name: String = "T-1",
    measure: Measure = .revenue,
    goal: Int64 = 1_000_00,
    from start: String = "2026-01-01",
    to end: String = "2026-12-31",
    named title: String = "",
    inYear: Bool = true,
    for assignees: String...
) -> Target {
    Target(
        id: id(name),
        name: title,
        measure: measure,
        goal: goal,
        period: period(start, end),
        assignees: assignees.isEmpty ? [id("own")] : assignees.map { id($0) },
        inYear: inYear
    )!
}

func catalog(_ targets: Target...) -> Catalog {
    var catalog = Catalog()
    for target in targets { catalog.put(CatalogTarget(target: target, revision: 1)) }
    return catalog
}

extension OrderWorth {
    var amounts: [String: Int64] {
        Dictionary(uniqueKeysWithValues: credits.map { ($0.salesperson.rawValue, $0.amount) })
    }
}

extension Catalog {
    /// What an order adds to each target, by target id.
    func tallies(of entry: OrderEntry, rules: Rules = Rules()) -> [String: Tally] {
        guard let worth = rules.worth(of: entry) else { return [:] }
        return Dictionary(
            uniqueKeysWithValues: contributions(of: worth).map { ($0.target.target.id.rawValue, $0.tally) }
        )
    }
}
