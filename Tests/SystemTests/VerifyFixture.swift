import Events
import Ledger
import Redis
import SalesRules

/// The events that the tests of verify write to the log, and the keys in Redis that hold their results.
enum VerifyFixture {
    static let tenant = Identifier("default")!

    static func order(
        _ id: String,
        owner: String,
        _ cents: Int64,
        split: String? = nil,
        day: String = "2026-03-14"
    ) -> Event {
        let listed = split.map { person in
            [
                Allocation(
                    id: Identifier("A-1")!,
                    salesperson: Identifier(person)!,
                    limit: .percent(Percent(tenThousandths: 500_000)!)
                )
            ]
        }
        return Event(
            tenant: tenant,
            .order(
                Identifier(id)!,
                .saved(
                    Order(
                        id: Identifier(id)!,
                        owner: Identifier(owner)!,
                        total: Decimal(units: cents, scale: 2),
                        currency: .euro,
                        date: Day(day)!
                    ),
                    listed: listed,
                    version: 1
                )
            )
        )
    }

    static let events: [Event] = [
        Event(
            tenant: tenant,
            .person(Identifier("u-1")!, .saved(Person(id: Identifier("u-1")!, name: "Ann")))
        ),
        Event(
            tenant: tenant,
            .target(
                Identifier("T-1")!,
                .saved(
                    Target(
                        id: Identifier("T-1")!,
                        measure: .revenue,
                        goal: 1_000_00,
                        period: Period(start: Day("2026-01-01")!, end: Day("2026-12-31")!)!,
                        assignees: [Identifier("u-1")!, Identifier("u-2")!]
                    )!
                )
            )
        ),
        order("SO-1", owner: "u-1", 100_00),
        order("SO-2", owner: "u-1", 50_00, split: "u-2"),
        order("SO-3", owner: "u-2", 10_00, day: "2026-03-15"),
        // Its salesperson is the owner, so that it changes no number.
        Event(
            tenant: tenant,
            .order(
                Identifier("SO-3")!,
                .allocationSaved(
                    Allocation(id: Identifier("A-9")!, salesperson: Identifier("u-2")!, limit: .whole),
                    version: 1
                )
            )
        ),
    ]

    static func index(_ person: String, _ day: String = "2026-03-14") -> String {
        KeySpace().index(tenant: tenant, person: Identifier(person)!, day: Day(day)!, shard: 0)
    }

    static func days(_ person: String?) -> String {
        KeySpace().days(DaysKey(tenant: tenant, person: person.flatMap { Identifier($0) }, year: 2026), shard: 0)
    }

    static func entry(_ order: String) -> String {
        KeySpace().entry(TenantScoped(tenant: tenant, id: Identifier(order)!), shard: 0)
    }

    /// The index of the orders that have the allocation A-9.
    static let allocation = KeySpace()
        .allocation(TenantScoped(tenant: tenant, id: Identifier("A-9")!), shard: 0)
}
