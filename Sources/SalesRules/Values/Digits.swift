/// The digits of a number as they were written. The first 40 that count are kept. Where more follow and one of them is
/// not zero, a last digit of 0 or 5 is raised by one, so that rounding to fewer digits is still right: what was a little
/// above a tie stays above it ("round to prepare for shorter precision" of the General Decimal Arithmetic
/// Specification).
struct Digits {
    private(set) var isNegative = false
    private(set) var magnitude = UInt256(0)
    /// How many of the digits are after the point; below zero where zeros follow.
    private(set) var scale = 0
    private var count = 0
    private var dropsMore = false

    /// How many digits are kept, without leading zeros.
    static let maximum = 40
    /// The longest number that is read, in characters.
    private static let maximumLength = 400

    /// - Parameter exponent: whether `1e3` is allowed.
    init(_ text: UnsafeBufferPointer<UInt8>, exponent: Bool) throws(NumberError) {
        guard text.count <= Self.maximumLength else { throw .tooPrecise }
        var index = 0
        if index < text.count, text[index] == UInt8(ascii: "-") {
            isNegative = true
            index += 1
        }
        // For speed: most numbers fit in 64 bits.
        var short: UInt64 = 0
        let whole = scan(text, from: &index, afterPoint: false, &short)
        guard whole > 0 else { throw .malformed }
        if index < text.count, text[index] == UInt8(ascii: ".") {
            index += 1
            guard scan(text, from: &index, afterPoint: true, &short) > 0 else { throw .malformed }
        }
        if exponent, index < text.count, text[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            try scanExponent(text, from: &index)
        }
        guard index == text.count else { throw .malformed }
        if count <= Self.short { magnitude = UInt256(UInt128(short)) }
        if dropsMore { Self.mark(&magnitude) }
        if short == 0 { scale = 0 }
    }

    /// Drops the last digits.
    mutating func drop(_ digits: Int) {
        // Beyond this nothing is left of a number of 41 digits.
        let divisor = UInt256(1).timesTen(toThe: min(digits, Self.maximum + 1))
        let (quotient, remainder) = magnitude.quotientAndRemainder(dividingBy: divisor)
        magnitude = quotient
        scale -= digits
        if remainder != UInt256(0) { Self.mark(&magnitude) }
    }

    private static func mark(_ magnitude: inout UInt256) {
        let last = magnitude.quotientAndRemainder(dividingBy: UInt256(5)).remainder
        if last == UInt256(0) { magnitude = magnitude + UInt256(1) }
    }

    /// How many digits fit in 64 bits.
    private static let short = 18

    /// - Returns: how many digits were read.
    private mutating func scan(
        _ text: UnsafeBufferPointer<UInt8>,
        from index: inout Int,
        afterPoint: Bool,
        _ short: inout UInt64
    ) -> Int {
        let start = index
        while index < text.count, case let digit = text[index] &- UInt8(ascii: "0"), digit <= 9 {
            if count < Self.short {
                short = short * 10 + UInt64(digit)
            } else if count < Self.maximum {
                if count == Self.short { magnitude = UInt256(UInt128(short)) }
                magnitude = magnitude * 10 + UInt256(UInt128(digit))
            } else {
                dropsMore = dropsMore || digit != 0
            }
            if count < Self.maximum {
                if afterPoint { scale += 1 }
            } else if !afterPoint {
                scale -= 1
            }
            // A leading zero takes no place, and a long number not more than it has.
            if short != 0, count < Self.maximum { count += 1 }
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
