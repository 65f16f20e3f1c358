import SalesRules
import Testing

/// What orders credit that are written as databases, scripts and vtiger write them.
@Suite("Orders as others write them, and what they credit")
struct CreditedTests {
    @Test(
        "Numbers with more digits than money has are read exactly and rounded once",
        arguments: [
            // 1000 divided by 3 in Python and in PostgreSQL.
            (
                #""total":"1000.00","allocations":[{"id":"A","salesperson":"u-2","amount":"333.3333333333333333333333333"}]"#,
                ["u-1": 1_000_00, "u-2": 333_33]
            ),
            (
                #""total":"1000.00","allocations":[{"id":"A","salesperson":"u-2","amount":"333.3333333333333333"}]"#,
                ["u-1": 1_000_00, "u-2": 333_33]
            ),
            // An inverse rate: 1 / 0.92.
            (#""total":"250.00","currency":"USD","exchangeRate":"1.086956521739130434782608696""#, ["u-1": 230_00]),
            // The binary number nearest to 1.1.
            (
                #""total":"110.00","currency":"USD","exchangeRate":"1.100000000000000088817841970012523233890533447265625""#,
                ["u-1": 100_00]
            ),
            // As vtiger stores amounts.
            (
                #""total":"20000000000.00","allocations":[{"id":"A","salesperson":"u-2","amount":"10000000000.12345678"}]"#,
                ["u-1": 20_000_000_000_00, "u-2": 10_000_000_000_12]
            ),
            (#""total":"12.345","currency":"KWD","exchangeRate":"0.33""#, ["u-1": 37_41]),
            (#""total":"1250.4","currency":"JPY","exchangeRate":"0.01""#, ["u-1": 125_040_00]),
            (#""total":"100000000000000","currency":"IDR","exchangeRate":"17000""#, nil),
            (#""total":"10000000000000","currency":"IDR","exchangeRate":"17000""#, ["u-1": 588_235_294_12]),
        ] as [(String, [String: Int64]?)]
    )
    func longNumbers(members: String, expected: [String: Int64]?) {
        let text = #"{"type":"order.saved","id":"D","owner":"u-1","date":"2026-03-14",\#(members)}"#
        #expect(credits(text) == expected, "\(members)")
    }

    @Test("Of vtiger's amount without a currency code no decimal is lost before it is converted")
    func vtiger() {
        let answer = """
            {"id":"6x714","salesorder_no":"SO714","subject":"dinar","sostatus":"Approved","hdnGrandTotal":"12.34500000",
             "currency_id":"21x3","conversion_rate":"0.330","assigned_user_id":"19x1","account_id":"11x2",
             "createdtime":"2026-03-14 10:15:00"}
            """
        #expect(credits(answer) == ["1": 37_41])
    }

    @Test("Of the amount of an allocation the absolute value counts, in a credit note too")
    func negativeAmounts() {
        for (total, amount, credit) in [("-10.00", "-4.00", -4_00), ("-10.00", "4", -4_00), ("10.00", "-4.00", 4_00)] {
            let text = orderJSON([
                "total": "\"\(total)\"",
                "allocations": #"[{"id":"A","salesperson":"u-2","amount":"\#(amount)"}]"#,
            ])
            #expect(credits(text)?["u-2"] == Int64(credit), "\(amount) of \(total)")
        }
    }

    /// Minor units by person; nil when the order is refused.
    private func credits(_ text: String) -> [String: Int64]? {
        guard let event = try? decode(text), case .order(_, let change) = event.change else { return nil }
        var entry = OrderEntry()
        guard (try? entry.apply(change)) != nil, let worth = Rules().worth(of: entry) else { return nil }
        return Dictionary(uniqueKeysWithValues: worth.credits.map { ($0.salesperson.rawValue, $0.amount) })
    }
}
