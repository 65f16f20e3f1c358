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
            ("10000000000000.00", "EUR", 1_000_000_000_000_000), ("-10000000000000", "EUR", -1_000_000_000_000_000),
            ("10000000000000.004", "EUR", 1_000_000_000_000_000), ("1000000000000000", "JPY", 1_000_000_000_000_000),
            ("000000000000000000000000000000000000000000001.00", "EUR", 100),
        ] as [(String, String, Int64)]
    )
    func reads(text: String, currency: String, minorUnits: Int64) throws {
        #expect(try Money.minorUnits(text, in: Currency(currency)!) == minorUnits)
    }

    @Test(
        "After 40 digits, a tie is still a tie only when all further digits are zero",
        arguments: [("0", 100), ("1", 101)] as [(String, Int64)]
    )
    func sticky(last: String, minorUnits: Int64) throws {
        let text = "1.005" + String(repeating: "0", count: 60) + last
        #expect(try Money.minorUnits(text, in: .euro) == minorUnits)
    }

    @Test(
        "An amount above the bound is too large",
        arguments: [
            "10000000000000.01", "-10000000000000.01", "10000000000000.005000001", "99999999999999999999999999999999",
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
        #expect(throws: NumberError.tooLarge) { try read("1e14") }
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
        "A foreign amount is divided by its exchange rate exactly, and rounded once: a tie to the even minor unit",
        arguments: [
            ("1087.60", "1.0876", "EUR", 1_000_00), ("-1087.60", "1.0876", "EUR", -1_000_00),
            ("0.01", "2", "EUR", 0), ("0.03", "2", "EUR", 2), ("0.05", "2", "EUR", 2), ("-0.03", "2", "EUR", -2),
            ("16325", "163.25", "EUR", 100_00), ("1", "163.25", "EUR", 1), ("0.333", "0.3333", "EUR", 1_00),
            ("100", "1", "JPY", 100), ("1.5", "1", "JPY", 2), ("0.5", "1", "JPY", 0),
            ("1.2345", "0.000001", "EUR", 1_234_500_00),
            // Rounded first, these would be 3739 and 0.
            ("12.345", "0.33", "EUR", 37_41), ("0.4", "0.01", "EUR", 40_00),
            ("250", "1.086956521739130434782608696", "EUR", 230_00),
            // 40 digits on both sides, and ties that only the last digit makes or breaks.
            ("0.500000000000000000000000000000000000001", "1.000000000000000000000000000000000000002", "JPY", 0),
            ("0.500000000000000000000000000000000000002", "1.000000000000000000000000000000000000002", "JPY", 1),
            ("1.500000000000000000000000000000000000003", "1.000000000000000000000000000000000000002", "JPY", 2),
            ("9999999999999999999999999999999999999999", "9999999999999999999999999999999999999999", "EUR", 1_00),
            ("9999999999999999999999999999999999999999", "0.0000000000000000000000000000000000000001", "EUR", nil),
            (
                "0.00000000000000000000000000000000000000000000000001", "9999999999999999999999999999999999999999",
                "CLF", 0
            ),
            (
                "0.00000000000000000000000000000000000000000000000001",
                "0.00000000000000000000000000000000000000000000000001", "KWD", 1_000
            ),
            ("0", "0.00000000000000000000000000000000000000000000000001", "EUR", 0),
        ] as [(String, String, String, Int64?)]
    )
    func converts(amount: String, rate: String, reporting: String, result: Int64?) throws {
        #expect(Money.convert(try Decimal(amount), rate: try Decimal(rate), to: Currency(reporting)!) == result)
    }

    @Test("A conversion that exceeds the bound has no result")
    func convertsTooFar() throws {
        let bound = try Decimal("10000000000000")
        #expect(Money.convert(bound, rate: .one, to: .euro) == Money.bound)
        for rate in ["0.999999999999999", "0.000000000000000001", "0.9999999999999999999999999"] {
            let converted = Money.convert(bound, rate: try Decimal(rate), to: .euro)
            // A quarter of a cent more is rounded off.
            #expect(converted == (rate.hasSuffix("99999999999999999") ? Money.bound : nil), "\(rate)")
        }
        #expect(Money.convert(bound, rate: try Decimal("100"), to: .euro) == Money.bound / 100)
    }

    @Test("Products and quotients of long numbers agree with those of short ones")
    func longAndShort() throws {
        var random = SeededGenerator(seed: seedOfThisRun)
        for _ in 0..<5_000 {
            let units = Int64.random(in: -999_999_999...999_999_999, using: &random)
            let rate = Int64.random(in: 1...9_999_999, using: &random)
            let (scale, rateScale) = (Int.random(in: 0...6, using: &random), Int.random(in: 0...6, using: &random))
            let short = Money.convert(
                Decimal(units: units, scale: scale),
                rate: Decimal(units: rate, scale: rateScale),
                to: .euro
            )
            // The same quotient, with both numbers times 7^20.
            let factor = (0..<20).reduce(Int128(1)) { product, _ in product * 7 }
            let long = Money.convert(
                try Decimal(Self.text(Int128(units) * factor, scale: scale)),
                rate: try Decimal(Self.text(Int128(rate) * factor, scale: rateScale)),
                to: .euro
            )
            #expect(short == long, "\(units) \(scale) \(rate) \(rateScale), seed \(seedOfThisRun)")
        }
    }

    private static func text(_ units: Int128, scale: Int) -> String {
        let digits = String(units.magnitude)
        let padded = String(repeating: "0", count: max(0, scale + 1 - digits.count)) + digits
        return (units < 0 ? "-" : "") + padded.dropLast(scale) + (scale > 0 ? "." : "") + padded.suffix(scale)
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
            Result { () throws(NumberError) in try Decimal(utf8: bytes, exponent: true) }
        }
        guard let amount = Money.minorUnits(of: try result.get(), in: .euro) else { throw .tooLarge }
        return amount
    }
}
