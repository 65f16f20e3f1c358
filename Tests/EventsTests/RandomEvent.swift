import Events
import SalesRules

/// Random events that the encoder must accept, including edge cases.
struct RandomEvent {
    private var generator: SeededGenerator

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    mutating func next() -> Event {
        let tenant = identifier()
        let record = identifier()
        switch number(0...7) {
        case 0, 1:
            let count = [0, 1, 2, 100].randomElement(using: &generator)!
            let listed = coin() ? (0..<count).map { allocation(id("A-\($0)")) } : nil
            return Event(tenant: tenant, .order(record, .saved(order(record), listed: listed, version: version())))
        case 2: return Event(tenant: tenant, .order(record, .deleted(version: version())))
        case 3:
            let allocation = allocation(identifier())
            return Event(tenant: tenant, .order(record, .allocationSaved(allocation, version: version())))
        case 4: return Event(tenant: tenant, .order(record, .allocationDeleted(identifier(), version: version())))
        case 5:
            return Event(
                tenant: tenant,
                .target(record, coin() ? .saved(target(record)) : .deleted(version: version()))
            )
        case 6:
            let person = Person(id: record, name: text(), email: text(), version: version())
            return Event(tenant: tenant, .person(record, coin() ? .saved(person) : .deleted(version: version())))
        default:
            let choice = WidgetChoice(
                year: coin() ? number(1_900...2_999) : nil,
                salesperson: coin() ? identifier() : nil,
                measure: coin() ? measure() : nil
            )
            return Event(tenant: tenant, .person(record, .preferred(choice, version: version())))
        }
    }

    private mutating func order(_ record: Identifier) -> Order {
        let currency = Currency(
            ["EUR", "EUR", "EUR", "USD", "JPY", "KWD", "CLF", "XXX"].randomElement(using: &generator)!
        )!
        let small = Int64.random(in: -1_000_000...1_000_000, using: &generator)
        let large = [Money.bound, -Money.bound, 0, 1, -1].randomElement(using: &generator)!
        return Order(
            id: record,
            number: text(),
            subject: text(),
            account: text(),
            owner: identifier(),
            total: Decimal(units: currency == .euro && coin() ? large : small, scale: currency.exponent),
            currency: currency,
            exchangeRate: currency == .euro
                ? .one : Decimal(units: .random(in: 1_000...9_999_999, using: &generator), scale: number(0...3)),
            date: date(),
            status: text()
        )
    }

    private mutating func allocation(_ allocation: Identifier) -> Allocation {
        let limit: Allocation.Limit =
            switch number(0...2) {
            case 0: .whole
            case 1: .percent(Percent(tenThousandths: number(1...1_000_000))!)
            default:
                .amount(Decimal(units: .random(in: 0...10_000_000_000_000, using: &generator), scale: number(0...18)))
            }
        return Allocation(id: allocation, salesperson: identifier(), limit: limit)
    }

    private mutating func target(_ record: Identifier) -> Target {
        let start = number(Day.epoch.number...30_000)
        let days = [0, 30, Target.maximumDays - 1].randomElement(using: &generator)!
        let people = [1, 2, Target.maximumAssignees].randomElement(using: &generator)!
        return Target(
            id: record,
            name: text(),
            measure: measure(),
            goal: [1, 12_345, Money.bound].randomElement(using: &generator)!,
            period: Period(start: Day(number: start)!, end: Day(number: start + days)!)!,
            assignees: (0..<people).map { id("u-\($0)") },
            version: version()
        )!
    }

    private mutating func text() -> String {
        let pieces = [
            "", "a", "\"", "\\", "/", "\n", "\u{0}", "\u{1f}", "\u{7f}", "é", "😀", "\u{2028}", "Jan de Vries", "{[,:]}",
        ]
        return (0..<number(0...4)).map { _ in pieces.randomElement(using: &generator)! }.joined()
    }

    private mutating func identifier() -> Identifier {
        let allowed = Array("ABCXYZabcxyz0189._:@-")
        let length = [1, 5, 17, Identifier.maximumLength].randomElement(using: &generator)!
        return id(String((0..<length).map { _ in allowed.randomElement(using: &generator)! }))
    }

    private mutating func version() -> RecordVersion? {
        RecordVersion(
            number: [nil, 0, 1, -1, Int64.max, Int64.min].randomElement(using: &generator)!,
            edit: [0, 0, 1, Int64.max].randomElement(using: &generator)!
        )
    }

    private mutating func date() -> Day {
        let edges = [Day("1900-01-01")!, Day("2999-12-31")!, Day("2024-02-29")!]
        return coin() ? edges.randomElement(using: &generator)! : Day(number: number(0...40_000))!
    }

    private mutating func measure() -> Measure { Measure.allCases.randomElement(using: &generator)! }

    private mutating func coin() -> Bool { Bool.random(using: &generator) }

    private mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
}
