/// A currency of ISO 4217.
public struct Currency: Hashable, Sendable, CustomStringConvertible {
    // Every order has a currency: as numbers, two of them are compared in one step.
    private let letters: UInt32
    private let exponentByte: UInt8

    /// Three capital letters.
    public var code: String {
        withUnsafeBytes(of: letters.bigEndian) { String(decoding: $0.dropFirst(), as: UTF8.self) }
    }
    /// How many decimals an amount has: 2 for the euro, 0 for the yen.
    public var exponent: Int { Int(exponentByte) }

    /// The euro.
    public static let euro = Currency("EUR")!
    /// The yen, whose minor unit is the yen itself.
    public static let yen = Currency("JPY")!
    /// `XXX`, ISO 4217's "no currency": for an order of vtiger without `currency_code` and with a rate other than 1.
    public static let unnamed = Currency("XXX")!

    /// Nil when `code` is not three capital letters.
    public init?(_ code: String) {
        guard code.utf8.count == 3, code.utf8.allSatisfy({ (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) })
        else { return nil }
        letters = Self.letters(code.utf8)
        exponentByte = Self.exponents[code] ?? 2
    }

    /// Whether these bytes are its code.
    public func hasCode(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        bytes.count == 3 && Self.letters(bytes) == letters
    }

    private static func letters(_ code: some Collection<UInt8>) -> UInt32 { code.reduce(0) { $0 << 8 | UInt32($1) } }

    public var description: String { code }

    /// The exponents of ISO 4217 that are not 2.
    private static let exponents: [String: UInt8] = [
        "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0, "UGX": 0,
        "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
        "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
        "CLF": 4, "UYW": 4,
    ]
}

/// Money as integers: a count of a currency's minor units, signed.
public enum Money {
    /// The greatest absolute amount, in minor units (docs/CONTRACT.md, "Bounds").
    public static let bound: Int64 = 1_000_000_000_000_000

    /// Reads an amount in major units, without an exponent, and rounds it half-even to the currency's minor unit.
    /// - Throws: `malformed`, or `tooLarge` beyond ``bound``.
    public static func minorUnits(_ text: String, in currency: Currency) throws(NumberError) -> Int64 {
        guard let amount = minorUnits(of: try Decimal(text), in: currency) else { throw .tooLarge }
        return amount
    }

    /// The amount in major units with all the digits of the minor unit: `1250.00`.
    public static func text(_ minorUnits: Int64, in currency: Currency) -> String {
        Decimal.text(minorUnits, scale: currency.exponent)
    }

    /// An exact amount with all its digits, and at least those of the minor unit: `1250.00`, `0.3333`.
    public static func text(_ amount: Decimal, in currency: Currency) -> String {
        amount.text(decimals: currency.exponent)
    }

    /// An exact amount rounded half-even to the minor unit, for show: `1250.00`.
    public static func rounded(_ amount: Decimal, in currency: Currency) -> String {
        minorUnits(of: amount, in: currency).map { text($0, in: currency) } ?? text(amount, in: currency)
    }

    /// A decimal amount in minor units, rounded half-even.
    /// - Returns: nil beyond ``bound``.
    public static func minorUnits(of amount: Decimal, in currency: Currency) -> Int64? {
        convert(amount, rate: .one, to: currency)
    }

    /// Converts an amount exactly and rounds it once, half-even, to minor units of `reporting`.
    /// - Parameters:
    ///   - amount: in major units of its own currency.
    ///   - rate: units of that currency for one unit of `reporting`.
    /// - Returns: nil when the result is beyond ``bound``.
    /// - Precondition: the rate is above zero.
    public static func convert(_ amount: Decimal, rate: Decimal, to reporting: Currency) -> Int64? {
        precondition(rate.isPositive)
        let shift = reporting.exponent + rate.scale - amount.scale
        // For speed: most orders are in the reporting currency, with no more decimals than it has.
        if rate == .one, let units = amount.units, (0...4).contains(shift) {
            let (product, overflows) = units.multipliedReportingOverflow(by: shortPowersOfTen[shift])
            return overflows || product.magnitude > bound.magnitude ? nil : product
        }
        guard let rounded = quotient(amount.magnitude, timesTenToThe: shift, by: rate.magnitude),
            rounded <= UInt128(bound)
        else { return nil }
        return amount.isNegative ? -Int64(rounded) : Int64(rounded)
    }

    /// `dividend * 10^shift / divisor`, rounded half-even; nil where it is far beyond ``bound``.
    private static func quotient(_ dividend: UInt256, timesTenToThe shift: Int, by divisor: UInt256) -> UInt128? {
        // For speed: the numbers of most orders are short.
        if let short = UInt64(exactly: dividend), let shortDivisor = UInt64(exactly: divisor), abs(shift) <= 18 {
            if shift < 0 { return quotientHalfEven(UInt128(short), UInt128(shortDivisor) * powerOfTen(-shift)) }
            let exact = UInt128(short) * powerOfTen(shift)
            return shortDivisor == 1 ? exact : quotientHalfEven(exact, UInt128(shortDivisor))
        }
        var (dividend, divisor) = (dividend, divisor)
        if dividend == UInt256(0) { return 0 }
        // Both have at most 40 digits, and the limit 56: no step exceeds 256 bits.
        let limit = divisor * UInt64(bound + 1)
        for _ in 0..<max(shift, 0) {
            dividend = dividend * 10
            if dividend > limit { return nil }
        }
        for _ in 0..<max(-shift, 0) {
            divisor = divisor * 10
            // Less than a half.
            if divisor > dividend + dividend { return 0 }
        }
        let rounded = dividend.dividedHalfEven(by: divisor)
        return rounded.high == 0 ? rounded.low : nil
    }

    /// `dividend / divisor` rounded to the nearest integer, a tie to the even one.
    static func quotientHalfEven(_ dividend: UInt128, _ divisor: UInt128) -> UInt128 {
        let (quotient, remainder) = dividend.quotientAndRemainder(dividingBy: divisor)
        let rest = divisor - remainder
        return remainder > rest || (remainder == rest && quotient % 2 == 1) ? quotient + 1 : quotient
    }

    /// - Precondition: the exponent is 0 to 18.
    private static func powerOfTen(_ exponent: Int) -> UInt128 {
        powersOfTen[exponent]
    }

    private static let shortPowersOfTen: InlineArray<5, Int64> = [1, 10, 100, 1_000, 10_000]

    private static let powersOfTen: [UInt128] = (0...18).map { exponent in
        (0..<exponent).reduce(1) { power, _ in power * 10 }
    }
}
