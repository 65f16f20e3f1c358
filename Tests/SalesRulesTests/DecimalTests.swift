import Model
import SalesRules
import Testing

@Suite("Decimals and percentages")
struct DecimalTests {
    @Test(
        "A decimal is read exactly, and equal numbers are equal values",
        arguments: [
            ("1", 1, 0), ("1.0", 1, 0), ("1.50", 15, 1), ("-1.0876", -10_876, 4), ("0", 0, 0), ("-0.000", 0, 0),
            ("100", 100, 0), ("0.000000000000000001", 1, 18), ("999999999999999999", 999_999_999_999_999_999, 0),
            ("0.999999999999999999", 999_999_999_999_999_999, 18), ("1.000000000000000000000000000", 1, 0),
            ("0.0000000000000000000000000000000000000000", 0, 0), ("007", 7, 0),
            ("0.00000000000000000000000000000000000000000000000007", 7, 50),
            ("1000000000000000000", 1_000_000_000_000_000_000, 0),
        ] as [(String, Int64, Int)]
    )
    func reads(text: String, units: Int64, scale: Int) throws {
        let decimal = try Decimal(text)
        #expect(decimal.units == units)
        #expect(decimal.scale == scale)
        #expect(decimal == Decimal(units: units, scale: scale))
    }

    @Test(
        "A decimal is written in its shortest form, and can be read back",
        arguments: [
            "0", "1", "-1.0876", "0.05", "-0.5", "100", "1.086956521739130434782608696",
            "-9999999999999999999999999999999999999999", "0.9999999999999999999999999999999999999999",
            "1000000000000000000000000000000000000001", "12345678901234567890.1234567890123456789",
        ]
    )
    func writes(text: String) throws {
        #expect(try Decimal(text).description == text)
    }

    @Test("What is more than 40 digits decides only how a tie is rounded")
    func moreDigits() throws {
        let zeros = String(repeating: "0", count: 60)
        for (text, cents) in [("1.005", 100), ("1.005\(zeros)", 100), ("1.005\(zeros)1", 101), ("0.00\(zeros)9", 0)] {
            #expect(Money.minorUnits(of: try Decimal(text), in: .euro) == Int64(cents), "\(text)")
        }
        let third = "0." + String(repeating: "3", count: 400 - 2)
        #expect(try Decimal(third).description == String(third.prefix(42)))
        // Zeros before the first digit are none of the 40.
        let small = "0.0000000001234567890123456789012345678901234567890"
        #expect(try Decimal(small).description == String(small.dropLast()))
    }

    @Test("A number that is too long is refused")
    func tooLong() {
        #expect(throws: NumberError.tooPrecise) { try Decimal(String(repeating: "0", count: 401)) }
        #expect(throws: NumberError.tooLarge) { try Decimal("1" + String(repeating: "0", count: 40)) }
        #expect(throws: NumberError.tooLarge) { try Decimal("1" + String(repeating: "0", count: 50)) }
    }

    @Test(
        "A percentage is above 0 and up to 100, with up to four decimals",
        arguments: [
            ("40", 400_000), ("100", 1_000_000), ("100.0000", 1_000_000), ("0.0001", 1), ("33.3333", 333_333),
            ("12.50", 125_000), ("0", nil), ("-1", nil), ("100.0001", nil), ("101", nil), ("0.00001", nil),
            ("33.33333", nil), ("999999999999999999", nil),
        ] as [(String, Int?)]
    )
    func percents(text: String, tenThousandths: Int?) throws {
        #expect(Percent(try Decimal(text))?.tenThousandths == tenThousandths)
    }

    @Test("A percentage is written in its shortest form", arguments: ["40", "100", "33.3333", "0.0001", "12.5"])
    func percentTexts(text: String) throws {
        #expect(Percent(try Decimal(text))?.description == text)
    }

    @Test(
        "An id has 1 to 128 of the allowed characters",
        arguments: [
            ("6x1234", true), ("SO-1001", true), ("a.b_c:d@e-f", true), ("auth0|5f7", true),
            (String(repeating: "a", count: 128), true),
            ("", false), (String(repeating: "a", count: 129), false), ("a/b", false), ("a b", false), ("é", false),
            ("a*", false),
        ]
    )
    func ids(text: String, isValid: Bool) {
        #expect((Identifier(text) != nil) == isValid)
        #expect(TenantScoped("acme/" + text).map(\.id.rawValue) == (isValid ? text : nil))
    }
}
