package import Redis
package import SalesRules

/// Tallies side by side in one Redis string: 64 bits of revenue and 32 bits of orders each, big-endian as BITFIELD has
/// them, so that many are raised by one command and read by one GETRANGE.
package enum PackedTallies {
    /// Bytes of one tally.
    package static let stride = 12

    /// Goes behind the key of a BITFIELD: what would overflow is left as it is, and answered with null.
    static func refuseOverflow(_ command: inout RedisCommand) {
        command.append("OVERFLOW")
        command.append("FAIL")
    }

    /// Adds to the tally at the given place; nothing where there is nothing to add.
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

    /// Adds the tallies read, place by place, to those in `tallies`.
    package static func add(_ bytes: [UInt8], to tallies: inout ArraySlice<Tally>) {
        for (count, index) in tallies.indices.enumerated() {
            guard let tally = tally(at: count, in: bytes) else { return }
            tallies[index] += tally
        }
    }

    /// The sum of all tallies read.
    package static func sum(_ bytes: [UInt8]) -> Tally {
        var sum = Tally.zero
        var place = 0
        while let tally = tally(at: place, in: bytes) {
            sum += tally
            place += 1
        }
        return sum
    }

    /// Nil beyond the end of the string. A string that ends within a tally ends with zeros.
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
