/// An unsigned integer of 256 bits, wide enough for what decimals of 40 digits are multiplied and divided by. Results
/// beyond 2^256 are cut off: callers keep below by the bounds of ``Decimal``.
struct UInt256: Hashable, Comparable, Sendable {
    private(set) var high: UInt128
    private(set) var low: UInt128

    init(_ low: UInt128) { self.init(high: 0, low: low) }

    private init(high: UInt128, low: UInt128) {
        self.high = high
        self.low = low
    }

    static func < (left: UInt256, right: UInt256) -> Bool { (left.high, left.low) < (right.high, right.low) }

    static func + (left: UInt256, right: UInt256) -> UInt256 {
        let (low, carries) = left.low.addingReportingOverflow(right.low)
        return UInt256(high: left.high &+ right.high &+ (carries ? 1 : 0), low: low)
    }

    static func - (left: UInt256, right: UInt256) -> UInt256 {
        let (low, borrows) = left.low.subtractingReportingOverflow(right.low)
        return UInt256(high: left.high &- right.high &- (borrows ? 1 : 0), low: low)
    }

    static func * (left: UInt256, right: UInt64) -> UInt256 {
        let product = left.low.multipliedFullWidth(by: UInt128(right))
        return UInt256(high: left.high &* UInt128(right) &+ product.high, low: product.low)
    }

    /// This number with so many zeros behind it.
    func timesTen(toThe power: Int) -> UInt256 {
        (0..<power).reduce(self) { product, _ in product * 10 }
    }

    var isEven: Bool { low & 1 == 0 }

    /// Schoolbook division, bit by bit where 128 bits are not enough.
    /// - Precondition: the divisor is not 0.
    func quotientAndRemainder(dividingBy divisor: UInt256) -> (quotient: UInt256, remainder: UInt256) {
        if high == 0, divisor.high == 0 {
            let (quotient, remainder) = low.quotientAndRemainder(dividingBy: divisor.low)
            return (UInt256(quotient), UInt256(remainder))
        }
        var (quotient, remainder) = (UInt256(0), UInt256(0))
        for bit in (0..<256).reversed() {
            quotient = quotient + quotient
            remainder = remainder + remainder
            if (bit < 128 ? low >> UInt128(bit) : high >> UInt128(bit - 128)) & 1 == 1 { remainder.low |= 1 }
            if remainder >= divisor {
                remainder = remainder - divisor
                quotient.low |= 1
            }
        }
        return (quotient, remainder)
    }

    /// `self / divisor` rounded to the nearest integer, a tie to the even one.
    func dividedHalfEven(by divisor: UInt256) -> UInt256 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        let rest = divisor - remainder
        return remainder > rest || (remainder == rest && !quotient.isEven) ? quotient + UInt256(1) : quotient
    }
}

extension UInt256: CustomStringConvertible {
    /// The digits.
    var description: String {
        if high == 0 { return String(low) }
        let (upper, lower) = quotientAndRemainder(dividingBy: UInt256(10_000_000_000_000_000_000))
        let digits = String(lower.low)
        return upper.description + String(repeating: "0", count: 19 - digits.count) + digits
    }
}
