package import Redis
package import SalesRules

/// Tallies one after the other in one Redis string. Each has 64 bits of revenue and 32 bits of orders, big-endian as in
/// BITFIELD, so that one BITFIELD changes many of them and one GETRANGE reads them.
package enum PackedTallies {
    /// Bytes of one tally.
    package static let stride = 12

    /// Goes after the key of a BITFIELD: an increment that would overflow changes nothing, and its reply is null.
    static func refuseOverflow(_ command: inout RedisCommand) {
        command.append(framed: "$8\r\nOVERFLOW\r\n$4\r\nFAIL\r\n", count: 2)
    }

    /// Appends the increments of the tally at the given place; none for zero.
    static func appendIncrement(_ tally: Tally, at place: Int, to command: inout RedisCommand) {
        append(tally.revenue, at: place * stride, to: &command)
        guard tally.orders != 0 else { return }
        command.append(framed: "$6\r\nINCRBY\r\n$3\r\ni32\r\n", count: 2)
        command.append((place * stride + 8) * 8)
        command.append(tally.orders)
    }

    private static func append(_ increment: Int64, at byte: Int, to command: inout RedisCommand) {
        guard increment != 0 else { return }
        command.append(framed: "$6\r\nINCRBY\r\n$3\r\ni64\r\n", count: 2)
        command.append(byte * 8)
        command.append(increment)
    }

    /// The command that reads the tallies at the given places.
    package static func read(key: String, _ places: ClosedRange<Int>) -> RedisCommand {
        var command = RedisCommand("GETRANGE")
        command.append(key)
        command.append(places.lowerBound * stride)
        command.append((places.upperBound + 1) * stride - 1)
        return command
    }

    /// Adds the tallies in `bytes`, place by place, to those in `sums`.
    package static func add(_ bytes: [UInt8], to sums: inout ArraySlice<TallySum>) {
        for (count, index) in sums.indices.enumerated() {
            guard let tally = tally(at: count, in: bytes) else { return }
            sums[index] += tally
        }
    }

    /// The sum of all tallies in `bytes`.
    package static func sum(_ bytes: [UInt8]) -> TallySum {
        var sum = TallySum.zero
        var place = 0
        while let tally = tally(at: place, in: bytes) {
            sum += tally
            place += 1
        }
        return sum
    }

    /// Nil after the end of the string. If the string ends inside a tally, the missing bytes are zeros.
    private static func tally(at place: Int, in bytes: [UInt8]) -> Tally? {
        let start = place * stride
        guard start < bytes.count else { return nil }
        return Tally(
            revenue: Int64(bitPattern: bits(start..<start + 8, of: bytes)),
            orders: Int64(Int32(truncatingIfNeeded: bits(start + 8..<start + 12, of: bytes)))
        )
    }

    /// The bytes of a big-endian number; zeros after the end of the string.
    private static func bits(_ range: Range<Int>, of bytes: [UInt8]) -> UInt64 {
        range.reduce(0) { $0 << 8 | UInt64($1 < bytes.count ? bytes[$1] : 0) }
    }
}

// Overlaps. Those of one order can be a hundred times its total, and an order is not refused for them, so the revenue of
// an overlap is in two counters of 64 bits: multiples of 2^40, and the rest. A billion orders of the largest kind fill
// neither.
extension PackedTallies {
    /// What the higher counter counts.
    private static let overlapUnit = Int128(1) << 40
    private static let overlapStride = stride + 8

    /// Appends the increments of an overlap.
    static func appendIncrement(ofOverlap overlap: TallySum, to command: inout RedisCommand) {
        let (units, rest) = overlap.revenue.quotientAndRemainder(dividingBy: overlapUnit)
        appendIncrement(Tally(revenue: Int64(rest), orders: overlap.orders), at: 0, to: &command)
        append(Int64(clamping: units), at: stride, to: &command)
    }

    /// The command that reads an overlap.
    package static func readOverlap(key: String) -> RedisCommand {
        RedisCommand("GETRANGE", key, "0", "\(overlapStride - 1)")
    }

    /// The overlap that a string holds.
    package static func overlap(_ bytes: [UInt8]) -> TallySum {
        guard let rest = tally(at: 0, in: bytes) else { return .zero }
        let units = Int64(bitPattern: bits(stride..<overlapStride, of: bytes))
        return TallySum(revenue: Int128(units) * overlapUnit + Int128(rest.revenue), orders: rest.orders)
    }
}
