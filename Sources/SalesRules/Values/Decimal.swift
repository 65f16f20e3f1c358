/// Why a text cannot be used as a number.
public enum NumberError: Error, Hashable, Sendable {
    /// Not `-?digits[.digits]`, or an exponent where none is allowed.
    case malformed
    /// Beyond the bound of what the number is for.
    case tooLarge
    /// More characters than are read.
    case tooPrecise
}

/// An exact decimal number of at most 40 digits: an amount in major units, an exchange rate or a percentage.
public struct Decimal: Hashable, Sendable {
    /// The number times 10^`scale`. Nearly every number is short, and takes 16 bytes with its scale.
    private enum Value: Hashable, Sendable {
        case short(Int64)
        /// Only what does not fit in 64 bits, so that equal numbers are equal values.
        indirect case long(UInt256, isNegative: Bool)
    }

    private let value: Value
    private let scaleByte: UInt8

    /// How many digits are after the point, 0 to ``maximumScale``, without trailing zeros.
    public var scale: Int { Int(scaleByte) }

    /// The number 0.
    public static let zero = Decimal(units: 0, scale: 0)
    /// The number 1.
    public static let one = Decimal(units: 1, scale: 0)
    /// The most digits after the point.
    public static let maximumScale = 50

    /// Removes trailing zeros, so that equal numbers are equal values.
    /// - Precondition: `scale` is 0 to ``maximumScale``.
    public init(units: Int64, scale: Int) {
        precondition((0...Self.maximumScale).contains(scale))
        var (short, scale) = (units.magnitude, scale)
        while scale > 0, short % 10 == 0 { (short, scale) = (short / 10, scale - 1) }
        self.init(magnitude: UInt256(UInt128(short)), isNegative: units < 0, scale: scale)
    }

    private init(magnitude: UInt256, isNegative: Bool, scale: Int) {
        if let short = UInt64(exactly: magnitude).flatMap({ Int64(exactly: $0) }) {
            value = .short(isNegative ? -short : short)
        } else {
            value = .long(magnitude, isNegative: isNegative)
        }
        scaleByte = UInt8(scale)
    }

    /// Reads a decimal from its digits: exactly where there are at most 40 of them and at most ``maximumScale`` after
    /// the point. What is more decides only how a tie is rounded.
    /// - Parameter exponent: whether `1e3` is allowed, as it is in a JSON number.
    public init(utf8 text: UnsafeBufferPointer<UInt8>, exponent: Bool = false) throws(NumberError) {
        var digits = try Digits(text, exponent: exponent)
        if digits.scale > Self.maximumScale { digits.drop(digits.scale - Self.maximumScale) }
        guard digits.magnitude != UInt256(0) else {
            self = .zero
            return
        }
        if let short = UInt64(exactly: digits.magnitude), digits.scale >= 0 {
            var (short, scale) = (short, digits.scale)
            while scale > 0, short % 10 == 0 { (short, scale) = (short / 10, scale - 1) }
            self.init(magnitude: UInt256(UInt128(short)), isNegative: digits.isNegative, scale: scale)
            return
        }
        var (magnitude, scale) = (digits.magnitude, digits.scale)
        while scale > 0 {
            let (quotient, remainder) = magnitude.quotientAndRemainder(dividingBy: UInt256(10))
            guard remainder == UInt256(0) else { break }
            (magnitude, scale) = (quotient, scale - 1)
        }
        while scale < 0 {
            guard magnitude < Self.limit else { throw .tooLarge }
            (magnitude, scale) = (magnitude * 10, scale + 1)
        }
        guard magnitude < Self.limit else { throw .tooLarge }
        self.init(magnitude: magnitude, isNegative: digits.isNegative, scale: scale)
    }

    /// Reads a decimal from its digits; no exponent is allowed.
    public init(_ text: String) throws(NumberError) {
        var text = text
        self = try text.withBytes { (bytes) throws(NumberError) in try Decimal(utf8: bytes) }
    }

    /// The first number with 41 digits.
    private static let limit = UInt256(1).timesTen(toThe: Digits.maximum)

    /// The number without its sign, times 10^`scale`.
    var magnitude: UInt256 {
        switch value {
        case .short(let units): UInt256(UInt128(units.magnitude))
        case .long(let magnitude, _): magnitude
        }
    }

    /// Whether it is below zero.
    public var isNegative: Bool {
        switch value {
        case .short(let units): units < 0
        case .long(_, let isNegative): isNegative
        }
    }

    /// Whether it is above zero.
    public var isPositive: Bool {
        switch value {
        case .short(let units): units > 0
        case .long(_, let isNegative): !isNegative
        }
    }

    /// The number times 10^`scale`; nil beyond 64 bits.
    public var units: Int64? { if case .short(let units) = value { units } else { nil } }

    /// The number without its sign.
    public var absolute: Decimal { Decimal(magnitude: magnitude, isNegative: false, scale: scale) }
}

extension UInt64 {
    /// Nil beyond 64 bits.
    init?(exactly wide: UInt256) {
        guard wide.high == 0, wide.low <= UInt128(UInt64.max) else { return nil }
        self = UInt64(truncatingIfNeeded: wide.low)
    }
}

extension Decimal: CustomStringConvertible {
    public var description: String { text(decimals: scale) }

    /// All digits, and zeros behind them up to this number of digits after the point.
    func text(decimals: Int) -> String {
        let zeros = max(0, decimals - scale)
        return Self.text(
            magnitude.description + String(repeating: "0", count: zeros),
            isNegative: isNegative,
            scale: scale + zeros
        )
    }

    /// `units` / 10^`scale` with exactly `scale` digits after the point.
    public static func text(_ units: Int64, scale: Int) -> String {
        text(String(units.magnitude), isNegative: units < 0, scale: scale)
    }

    private static func text(_ digits: String, isNegative: Bool, scale: Int) -> String {
        let sign = isNegative ? "-" : ""
        guard scale > 0 else { return sign + digits }
        let padded = String(repeating: "0", count: max(0, scale + 1 - digits.count)) + digits
        return sign + padded.dropLast(scale) + "." + padded.suffix(scale)
    }
}
