package import Redis
package import SalesRules

/// Tallies one after the other in one Redis string. Each has 64 bits of revenue and 32 bits of orders, big-endian as in
/// BITFIELD, so that one BITFIELD changes many of them and one GETRANGE reads them.
package enum PackedTallies {
    /// Bytes of one tally.
    package static let stride = 12

    /// Goes after the key of a BITFIELD: an increment that would overflow changes nothing, and its reply is null.
    static func refuseOverflow(_ command: inout RedisCommand) {
        command.append("OVERFLOW")
        command.append("FAIL")
    }

    /// Appends the increments of the tally at the given place; none for zero.
    static func appendIncrement(_ tally: Tally, at place: Int, to command: inout RedisCommand) {
        func append(_ type: String, offset: Int, value: Int64) {
            guard value != 0 else { return }
            command.append("INCRBY")
            command.append(type)
            command.append(offset)
            command.append(value)
        }
        append("i64", offset: place * stride * 8, value: tally.revenue)
        append("i32", offset: place * stride * 8 + 64, value: tally.orders)
    }

    /// The command that reads the tallies at the given places.
    package static func read(key: String, _ places: ClosedRange<Int>) -> RedisCommand {
        var command = RedisCommand("GETRANGE")
        command.append(key)
        command.append(places.lowerBound * stride)
        command.append((places.upperBound + 1) * stride - 1)
        return command
    }

    /// Adds the tallies in `bytes`, place by place, to those in `tallies`.
    package static func add(_ bytes: [UInt8], to tallies: inout ArraySlice<Tally>) {
        for (count, index) in tallies.indices.enumerated() {
            guard let tally = tally(at: count, in: bytes) else { return }
            tallies[index] += tally
        }
    }

    /// The sum of all tallies in `bytes`.
    package static func sum(_ bytes: [UInt8]) -> Tally {
        var sum = Tally.zero
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
        func bits(_ range: Range<Int>) -> UInt64 {
            range.reduce(0) { $0 << 8 | UInt64($1 < bytes.count ? bytes[$1] : 0) }
        }
        return Tally(
            revenue: Int64(bitPattern: bits(start..<start + 8)),
            orders: Int64(Int32(truncatingIfNeeded: bits(start + 8..<start + 12)))
        )
    }
}
