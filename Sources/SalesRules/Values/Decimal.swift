/// Why a text cannot be used as a number.
public enum NumberError: Error, Hashable, Sendable {
    /// Not `-?digits[.digits]`, or an exponent where none is allowed.
    case malformed
    /// Beyond the bound of what the number is for.
    case tooLarge
    /// More significant digits than can be kept exactly.
    case tooPrecise
}

/// An exact decimal number of at most 18 significant digits: an exchange rate, or an amount whose currency is not
/// known yet.
public struct Decimal: Hashable, Sendable {
    /// The number times 10^`scale`.
    public let units: Int64
    /// How many digits are after the point, 0 to 18, without trailing zeros.
    public let scale: Int

    /// The number 1.
    public static let one = Decimal(units: 1, scale: 0)

    /// Removes trailing zeros, so that equal numbers are equal values.
    /// - Precondition: `scale` is 0 to 18.
    public init(units: Int64, scale: Int) {
        precondition((0...18).contains(scale))
        var (units, scale) = (units, scale)
        while scale > 0, units % 10 == 0 { (units, scale) = (units / 10, scale - 1) }
        (self.units, self.scale) = (units, scale)
    }

    /// Reads a decimal exactly from its digits.
    /// - Parameter exponent: whether `1e3` is allowed, as it is in a JSON number.
    public init(utf8 text: UnsafeBufferPointer<UInt8>, exponent: Bool = false) throws(NumberError) {
        let digits = try Digits(text, exponent: exponent)
        guard !digits.sticky else { throw .tooPrecise }
        var (magnitude, scale) = (digits.magnitude, digits.scale)
        while scale > 0, magnitude % 10 == 0 { (magnitude, scale) = (magnitude / 10, scale - 1) }
        while scale < 0 {
            guard magnitude <= 1_000_000_000_000_000_000 else { throw .tooLarge }
            (magnitude, scale) = (magnitude * 10, scale + 1)
        }
        guard scale <= 18 else { throw .tooPrecise }
        guard magnitude < 1_000_000_000_000_000_000 else { throw scale == 0 ? .tooLarge : .tooPrecise }
        self.init(units: (digits.negative ? -1 : 1) * Int64(magnitude), scale: scale)
    }

    /// Reads a decimal exactly from its digits; no exponent is allowed.
    public init(_ text: String) throws(NumberError) {
        var text = text
        self = try text.withBytes { (bytes) throws(NumberError) in try Decimal(utf8: bytes) }
    }
}

extension Decimal: CustomStringConvertible {
    public var description: String { Self.text(units, scale: scale) }

    /// `units` / 10^`scale` with exactly `scale` digits after the point.
    public static func text(_ units: Int64, scale: Int) -> String {
        guard scale > 0 else { return String(units) }
        let digits = String(units.magnitude)
        let padded = String(repeating: "0", count: max(0, scale + 1 - digits.count)) + digits
        return (units < 0 ? "-" : "") + padded.dropLast(scale) + "." + padded.suffix(scale)
    }
}

/// The digits of a number as they were written. `sticky` is true when digits that `magnitude` has no room for were
/// dropped and one of them was not zero; otherwise the magnitude is exact. `sticky` decides how a tie is rounded.
struct Digits {
    private(set) var negative = false
    private(set) var magnitude: UInt128 = 0
    private(set) var scale = 0
    private(set) var sticky = false

    init(_ text: UnsafeBufferPointer<UInt8>, exponent: Bool) throws(NumberError) {
        guard text.count <= 400 else { throw .tooPrecise }
        var index = 0
        if index < text.count, text[index] == UInt8(ascii: "-") {
            negative = true
            index += 1
        }
        let whole = scan(text, from: &index, afterPoint: false)
        guard whole > 0 else { throw .malformed }
        if index < text.count, text[index] == UInt8(ascii: ".") {
            index += 1
            guard scan(text, from: &index, afterPoint: true) > 0 else { throw .malformed }
        }
        if exponent, index < text.count, text[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            try scanExponent(text, from: &index)
        }
        guard index == text.count else { throw .malformed }
    }

    /// - Returns: how many digits were read.
    private mutating func scan(_ text: UnsafeBufferPointer<UInt8>, from index: inout Int, afterPoint: Bool) -> Int {
        let start = index
        while index < text.count, case let digit = text[index] &- UInt8(ascii: "0"), digit <= 9 {
            if magnitude < 1_000_000_000_000_000_000_000_000_000_000_000_000 {
                magnitude = magnitude * 10 + UInt128(digit)
                if afterPoint { scale += 1 }
            } else {
                sticky = sticky || digit != 0
                if !afterPoint { scale -= 1 }
            }
            index += 1
        }
        return index - start
    }

    private mutating func scanExponent(_ text: UnsafeBufferPointer<UInt8>, from index: inout Int) throws(NumberError) {
        var isNegative = false
        if index < text.count, text[index] == UInt8(ascii: "-") || text[index] == UInt8(ascii: "+") {
            isNegative = text[index] == UInt8(ascii: "-")
            index += 1
        }
        let start = index
        var power = 0
        while index < text.count, case let digit = text[index] &- UInt8(ascii: "0"), digit <= 9 {
            power = min(power * 10 + Int(digit), 1_000)
            index += 1
        }
        guard index > start else { throw .malformed }
        scale += isNegative ? power : -power
        if magnitude == 0 { scale = 0 }
    }
}

extension String {
    /// Calls `body` with the UTF-8 bytes of the text, which are valid only during the call.
    mutating func withBytes<Result, Failure: Error>(
        _ body: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let bytes = Array(utf8)
        var outcome: Swift.Result<Result, Failure>?
        bytes.withUnsafeBufferPointer { (buffer) in
            do throws(Failure) { outcome = .success(try body(buffer)) } catch { outcome = .failure(error) }
        }
        return try outcome!.get()
    }
}
