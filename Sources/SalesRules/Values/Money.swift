/// A currency of ISO 4217.
public struct Currency: Hashable, Sendable, CustomStringConvertible {
    /// Three capital letters.
    public let code: String
    /// How many decimals an amount has: 2 for the euro, 0 for the yen.
    public let exponent: Int

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
        self.code = code
        exponent = Self.exponents[code] ?? 2
    }

    public var description: String { code }

    /// The exponents of ISO 4217 that are not 2.
    private static let exponents: [String: Int] = [
        "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0, "UGX": 0,
        "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
        "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
        "CLF": 4, "UYW": 4,
    ]
}

/// Money as integers: a count of a currency's minor units, signed.
public enum Money {
    /// The greatest absolute amount, in minor units (docs/CONTRACT.md, "Bounds").
    public static let bound: Int64 = 10_000_000_000_000

    /// Reads an amount in major units exactly from its digits and rounds it half-even to the currency's minor unit.
    /// - Throws: `malformed`, or `tooLarge` beyond ``bound``.
    public static func minorUnits(
        utf8 text: UnsafeBufferPointer<UInt8>,
        in currency: Currency,
        exponent: Bool = false
    ) throws(NumberError) -> Int64 {
        let digits = try Digits(text, exponent: exponent)
        let shift = currency.exponent - digits.scale
        let rounded: UInt128
        if digits.magnitude == 0 {
            rounded = 0
        } else if shift >= 0 {
            guard shift <= 17, digits.magnitude <= UInt128(bound) else { throw .tooLarge }
            rounded = digits.magnitude * powerOfTen(shift)
        } else if shift < -38 {
            rounded = 0
        } else {
            rounded = quotientHalfEven(digits.magnitude, powerOfTen(-shift), sticky: digits.sticky)
        }
        guard rounded <= UInt128(bound) else { throw .tooLarge }
        return digits.negative ? -Int64(rounded) : Int64(rounded)
    }

    /// Reads an amount in major units, without an exponent.
    public static func minorUnits(_ text: String, in currency: Currency) throws(NumberError) -> Int64 {
        var text = text
        return try text.withBytes { (bytes) throws(NumberError) in try minorUnits(utf8: bytes, in: currency) }
    }

    /// The amount in major units with all the digits of the minor unit: `1250.00`.
    public static func text(_ minorUnits: Int64, in currency: Currency) -> String {
        Decimal.text(minorUnits, scale: currency.exponent)
    }

    /// A decimal amount in minor units, rounded half-even.
    /// - Returns: nil beyond ``bound``.
    public static func minorUnits(of amount: Decimal, in currency: Currency) -> Int64? {
        let shift = currency.exponent - amount.scale
        let magnitude = UInt128(amount.units.magnitude)
        let rounded =
            shift >= 0 ? magnitude * powerOfTen(shift) : quotientHalfEven(magnitude, powerOfTen(-shift))
        guard rounded <= UInt128(bound) else { return nil }
        return amount.units < 0 ? -Int64(rounded) : Int64(rounded)
    }

    /// Converts minor units of `currency` into minor units of `reporting`, rounded half-even.
    /// - Parameter rate: units of `currency` for one unit of `reporting`.
    /// - Returns: nil when the result is beyond ``bound``.
    /// - Precondition: the rate is above zero.
    public static func convert(
        _ amount: Int64,
        from currency: Currency,
        rate: Decimal,
        to reporting: Currency
    ) -> Int64? {
        if rate == .one, currency.exponent == reporting.exponent { return amount }
        precondition(rate.units > 0)
        let dividend = UInt128(amount.magnitude) * powerOfTen(reporting.exponent) * powerOfTen(rate.scale)
        let divisor = UInt128(rate.units.magnitude) * powerOfTen(currency.exponent)
        let rounded = quotientHalfEven(dividend, divisor)
        guard rounded <= UInt128(bound) else { return nil }
        return amount < 0 ? -Int64(rounded) : Int64(rounded)
    }

    /// `dividend / divisor` rounded to the nearest integer, a tie to the even one.
    /// - Parameter sticky: whether the exact dividend is a little more than `dividend`, so that a tie is rounded up.
    static func quotientHalfEven(_ dividend: UInt128, _ divisor: UInt128, sticky: Bool = false) -> UInt128 {
        let (quotient, remainder) = dividend.quotientAndRemainder(dividingBy: divisor)
        let rest = divisor - remainder
        if remainder > rest { return quotient + 1 }
        if remainder == rest, sticky || quotient % 2 == 1 { return quotient + 1 }
        return quotient
    }

    static func quotientHalfEven(_ dividend: UInt64, _ divisor: UInt64) -> UInt64 {
        let (quotient, remainder) = dividend.quotientAndRemainder(dividingBy: divisor)
        let rest = divisor - remainder
        return remainder > rest || (remainder == rest && quotient % 2 == 1) ? quotient + 1 : quotient
    }

    static func powerOfTen(_ exponent: Int) -> UInt128 {
        powersOfTen[exponent]
    }

    private static let powersOfTen: [UInt128] = (0...38).map { exponent in
        (0..<exponent).reduce(1) { power, _ in power * 10 }
    }
}
