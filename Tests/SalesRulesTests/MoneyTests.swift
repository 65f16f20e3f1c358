import Model
import SalesRules
import Testing

@Suite("Money")
struct MoneyTests {
    @Test(
        "An amount is read exactly, and a tie is rounded to the even minor unit",
        arguments: [
            ("1250.00", "EUR", 125_000), ("1250", "EUR", 125_000), ("0", "EUR", 0), ("-0.00", "EUR", 0),
            ("0.1", "EUR", 10), ("-0.01", "EUR", -1), ("1.005", "EUR", 100), ("1.015", "EUR", 102),
            ("1.0050000000000000000000000000000000001", "EUR", 101), ("-1.005", "EUR", -100), ("-1.015", "EUR", -102),
            ("0.005", "EUR", 0), ("0.0051", "EUR", 1), ("2.675", "EUR", 268), ("1.00499999999999999999", "EUR", 100),
            ("1250", "JPY", 1_250), ("0.5", "JPY", 0), ("1.5", "JPY", 2), ("2.5", "JPY", 2), ("-1.5", "JPY", -2),
            ("1.2345", "KWD", 1_234), ("1.2355", "KWD", 1_236), ("1.23455", "CLF", 12_346), ("7", "CLF", 70_000),
            ("100000000000.00", "EUR", 10_000_000_000_000), ("-100000000000.00", "EUR", -10_000_000_000_000),
            ("100000000000.004", "EUR", 10_000_000_000_000), ("10000000000000", "JPY", 10_000_000_000_000),
            ("000000000000000000000000000000000000000000001.00", "EUR", 100),
        ] as [(String, String, Int64)]
    )
    func reads(text: String, currency: String, minorUnits: Int64) throws {
        #expect(try Money.minorUnits(text, in: Currency(currency)!) == minorUnits)
    }

    @Test(
        "After 36 digits, a tie is still a tie only when all further digits are zero",
        arguments: [("0", 100), ("1", 101)] as [(String, Int64)]
    )
    func sticky(last: String, minorUnits: Int64) throws {
        let text = "1.005" + String(repeating: "0", count: 60) + last
        #expect(try Money.minorUnits(text, in: .euro) == minorUnits)
    }

    @Test(
        "An amount above the bound is too large",
        arguments: [
            "100000000000.01", "-100000000000.01", "100000000000.005000001", "99999999999999999999999999999999",
        ]
    )
    func tooLarge(text: String) {
        #expect(throws: NumberError.tooLarge) { try Money.minorUnits(text, in: .euro) }
    }

    @Test(
        "A text that is not a decimal is malformed, and never read as zero",
        arguments: [
            "", "-", ".", "1.", ".5", "1,5", "1 000", " 1", "1 ", "+1", "1e3", "1E3", "0x10", "NaN", "--1", "1.2.3",
            "１",
        ]
    )
    func malformed(text: String) {
        #expect(throws: NumberError.malformed) { try Money.minorUnits(text, in: .euro) }
        #expect(throws: NumberError.malformed) { try Decimal(text) }
    }

    @Test(
        "A JSON number may have an exponent, and is still read exactly",
        arguments: [
            ("1.25e3", 125_000), ("125000e-2", 125_000), ("1E+2", 10_000), ("5e-3", 0), ("15e-3", 2), ("1e-400", 0),
            ("0e999999999999", 0), ("-2.5e0", -250),
        ] as [(String, Int64)]
    )
    func exponents(text: String, minorUnits: Int64) throws {
        #expect(try read(text) == minorUnits)
    }

    @Test("A number that exceeds the bound by its exponent is too large, and an incomplete exponent is malformed")
    func badExponents() {
        #expect(throws: NumberError.tooLarge) { try read("1e12") }
        #expect(throws: NumberError.tooLarge) { try read("1e999999999999999999999") }
        for text in ["1e", "1e+", "e3", "1e1.5"] {
            #expect(throws: NumberError.malformed) { try read(text) }
        }
    }

    @Test(
        "The minor unit has the number of digits of ISO 4217",
        arguments: [("EUR", "1.23"), ("JPY", "123"), ("KWD", "0.123"), ("CLF", "0.0123"), ("XXX", "1.23")]
    )
    func texts(currency: String, text: String) throws {
        #expect(Money.text(123, in: Currency(currency)!) == text)
        #expect(try Money.minorUnits(text, in: Currency(currency)!) == 123)
        #expect(Money.text(-123, in: Currency(currency)!) == "-" + text)
        #expect(Money.text(0, in: .euro) == "0.00")
    }

    @Test("A currency is three capital letters", arguments: ["", "EU", "eur", "EURO", "E1R", "ÉUR"])
    func notACurrency(code: String) {
        #expect(Currency(code) == nil)
    }

    @Test(
        "A foreign amount is divided by its exchange rate, and a tie is rounded to the even minor unit",
        arguments: [
            (1_087_60, "USD", "1.0876", "EUR", 1_000_00), (-1_087_60, "USD", "1.0876", "EUR", -1_000_00),
            (1, "EUR", "2", "EUR", 0), (3, "EUR", "2", "EUR", 2), (5, "EUR", "2", "EUR", 2),
            (-3, "EUR", "2", "EUR", -2),
            (16_325, "JPY", "163.25", "EUR", 100_00), (1, "JPY", "163.25", "EUR", 1),
            (333, "KWD", "0.3333", "EUR", 1_00),
            (100_00, "EUR", "1", "JPY", 100), (150, "EUR", "1", "JPY", 2), (50, "EUR", "1", "JPY", 0),
            (12_345, "CLF", "0.000001", "EUR", 1_234_500_00),
        ] as [(Int64, String, String, String, Int64)]
    )
    func converts(amount: Int64, currency: String, rate: String, reporting: String, result: Int64) throws {
        let converted = Money.convert(
            amount,
            from: Currency(currency)!,
            rate: try Decimal(rate),
            to: Currency(reporting)!
        )
        #expect(converted == result)
    }

    @Test("A conversion that exceeds the bound has no result")
    func convertsTooFar() throws {
        #expect(Money.convert(Money.bound, from: .euro, rate: try Decimal("0.999999999"), to: .euro) == nil)
        #expect(Money.convert(Money.bound, from: .euro, rate: try Decimal("0.000000000000000001"), to: .euro) == nil)
        #expect(Money.convert(Money.bound, from: .yen, rate: try Decimal("99.99"), to: .euro) == nil)
        #expect(Money.convert(Money.bound, from: .yen, rate: try Decimal("100"), to: .euro) == Money.bound)
    }

    @Test("An amount kept as a decimal is rounded later to the same value as when rounded on reading")
    func decimalAmounts() throws {
        for text in ["1.005", "1.015", "-1.015", "0", "12.345678", "7", "100000000000"] {
            for currency in ["EUR", "JPY", "KWD", "CLF"].compactMap({ Currency($0) }) {
                let later = Money.minorUnits(of: try Decimal(text), in: currency)
                #expect(later == (try? Money.minorUnits(text, in: currency)), "\(text) \(currency)")
            }
        }
    }

    private func read(_ text: String) throws(NumberError) -> Int64 {
        let bytes = Array(text.utf8)
        let result = bytes.withUnsafeBufferPointer { bytes in
            Result { () throws(NumberError) in try Money.minorUnits(utf8: bytes, in: .euro, exponent: true) }
        }
        return try result.get()
    }
}
