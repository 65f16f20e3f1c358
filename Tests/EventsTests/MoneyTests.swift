import Events
import SalesRules
import Testing

@Suite("Money in events")
struct MoneyTests {
    @Test(
        "An amount is read exactly from its digits and rounded half-even at the minor unit",
        arguments: [
            ("0.30000000000000004", "EUR", 30), ("0.1", "EUR", 10), ("0.2", "EUR", 20), ("0.125", "EUR", 12),
            ("0.135", "EUR", 14), ("0.1250000000000000000000000000000000000000000000001", "EUR", 13),
            ("-0.125", "EUR", -12),
            ("-1250", "EUR", -125_000), ("-0", "EUR", 0), ("0.5", "JPY", 0), ("1.5", "JPY", 2), ("2.5", "JPY", 2),
            ("1250", "JPY", 1_250), ("1.2345", "KWD", 1_234), ("1.2355", "KWD", 1_236), ("1.234", "KWD", 1_234),
            ("9007199254740993e-5", "EUR", 9_007_199_254_741), ("1e3", "EUR", 100_000), ("1.25E+2", "EUR", 12_500),
            ("1e-2", "EUR", 1), ("100000000000", "EUR", 10_000_000_000_000), ("4.35", "EUR", 435),
            ("1.005", "EUR", 100),
        ]
    )
    func exact(digits: String, currency: String, minorUnits: Int64) throws {
        let settings = settings(currency: currency)
        #expect(
            savedOrder(try decode(orderJSON(["total": digits]), settings: settings)).map {
                Money.minorUnits(of: $0.total, in: $0.currency)
            } == minorUnits
        )
        guard !digits.lowercased().contains("e") else {
            #expect(refusal(orderJSON(["total": "\"\(digits)\""]), settings: settings)?.member == "total")
            return
        }
        #expect(
            savedOrder(try decode(orderJSON(["total": "\"\(digits)\""]), settings: settings)).map {
                Money.minorUnits(of: $0.total, in: $0.currency)
            } == minorUnits
        )
    }

    @Test("An order's currency decides the minor unit, wherever the member is in the record")
    func currency() throws {
        let text = orderJSON(["total": #""1250.4""#, "exchangeRate": #""160.5""#, "currency": #""JPY""#])
        let order = try #require(savedOrder(try decode(text)))
        #expect(order.total.description == "1250.4")
        #expect(order.currency == .yen)
        #expect(order.exchangeRate == Decimal(units: 1_605, scale: 1))
    }

    @Test(
        "An exchange rate is exact, and defaults to 1 in the reporting currency",
        arguments: [("1.0880", "1.088"), ("5e-1", "0.5"), ("0.000000000000000001", "0.000000000000000001")]
    )
    func rate(written: String, read: String) throws {
        let text = orderJSON(["currency": #""USD""#, "exchangeRate": written, "total": "0"])
        #expect(savedOrder(try decode(text))?.exchangeRate.description == read)
        #expect(savedOrder(try decode(orderJSON()))?.exchangeRate == .one)
    }

    @Test("The settings give the reporting currency, which needs no exchange rate")
    func reporting() throws {
        #expect(savedOrder(try decode(orderJSON(), settings: settings(currency: "USD")))?.currency.code == "USD")
        #expect(
            refusal(orderJSON(["currency": #""EUR""#]), settings: settings(currency: "USD"))?.member == "exchangeRate"
        )
    }

    @Test(
        "A goal of money is in the reporting currency, a goal of orders is a count",
        arguments: ["12", "\"12\"", "12.0", "\"12.00\"", "1.2e1"]
    )
    func goal(written: String) throws {
        func goal(_ measure: String, _ currency: String) throws -> Int64? {
            let text =
                #"{"type":"target.saved","id":"T","measure":"\#(measure)","goal":\#(written),"#
                + #""start":"2026-01-01","end":"2026-01-01","assignees":["u"]}"#
            let event = try decode(text, topic: .targets, settings: settings(currency: currency))
            guard case .target(_, .saved(let target)) = event.change else { return nil }
            return target.goal
        }
        #expect(try goal("revenue", "EUR") == 1_200)
        #expect(try goal("revenue", "JPY") == 12)
        #expect(try goal("revenue", "KWD") == 12_000)
        #expect(try goal("orders", "EUR") == 12)
    }
}
