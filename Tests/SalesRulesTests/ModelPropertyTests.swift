import Model
import SalesRules
import Testing

@Suite("The rules agree with the model")
struct ModelPropertyTests {
    @Test(
        "The worth of every order equals the model's, for each owner-credit setting",
        arguments: OwnerCredit.allCases
    )
    func worth(ownerCredit: OwnerCredit) throws {
        let rules = Rules(ownerCredit: ownerCredit)
        let events = Array(History(seed: seedOfThisRun, events: 6_000))
        let model = SalesModel(rules: rules, applying: events)
        let entries = OrderEntries(applying: events).entries
        for tenant in History.tenants {
            let figures = model.figures(of: tenant)
            let expected = Dictionary(uniqueKeysWithValues: figures.sales.map { ($0.order, $0) })
            var counting = 0
            for (key, entry) in entries where key.tenant == tenant {
                let worth = rules.worth(of: entry)
                let sale = expected[key.id]
                #expect(worth?.day == sale?.day, "\(key), seed \(seedOfThisRun)")
                #expect(worth?.total == sale?.total, "\(key), seed \(seedOfThisRun)")
                let credits = worth.map { $0.credits.map { ($0.salesperson, $0.amount) } }
                #expect(
                    credits.map { Dictionary(uniqueKeysWithValues: $0) } == sale?.credits,
                    "\(key), seed \(seedOfThisRun)"
                )
                if worth != nil { counting += 1 }
            }
            #expect(counting == figures.sales.count)
            #expect(counting > 50)
        }
    }
}
