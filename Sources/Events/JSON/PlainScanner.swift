internal import SalesRules

/// Reads plain JSON in one pass: texts without escapes, and numbers without exponents. It stops, with nil or false, at
/// everything else, also at what is not JSON.
struct PlainScanner {
    typealias Bytes = UnsafeBufferPointer<UInt8>

    private let text: Bytes
    private var place = 0

    init(_ text: Bytes) { self.text = text }

    /// Whether only white space is left.
    mutating func isAtEnd() -> Bool {
        skipSpace()
        return place == text.count
    }

    /// Skips this byte, and white space before it.
    /// - Returns: false where there is another byte.
    mutating func skip(_ byte: Unicode.Scalar) -> Bool {
        let byte = UInt8(ascii: byte)
        // Most programs write no white space.
        if place >= text.count || text[place] != byte {
            skipSpace()
            guard place < text.count, text[place] == byte else { return false }
        }
        place += 1
        return true
    }

    private mutating func skipSpace() {
        while place < text.count, case let byte = text[place],
            byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09
        {
            place += 1
        }
    }

    /// A text, without its quotes.
    mutating func string() -> Bytes? { stringRange().map { Bytes(rebasing: text[$0]) } }

    private mutating func stringRange() -> Range<Int>? {
        guard skip("\"") else { return nil }
        let start = place
        while true {
            place = JSONString.plainEnd(text, from: place)
            guard place < text.count else { return nil }
            if text[place] == UInt8(ascii: "\"") { break }
            guard text[place] >= 0x80, let next = JSONString.multibyteEnd(text, from: place) else { return nil }
            place = next
        }
        place += 1
        return start..<place - 1
    }

    /// A number with or without decimals.
    mutating func number() -> Bytes? {
        skipSpace()
        let start = place
        if place < text.count, text[place] == UInt8(ascii: "-") { place += 1 }
        let first = place
        guard skipDigits(), text[first] != UInt8(ascii: "0") || place == first + 1 else { return nil }
        if place < text.count, text[place] == UInt8(ascii: ".") {
            place += 1
            guard skipDigits() else { return nil }
        }
        return Bytes(rebasing: text[start..<place])
    }

    private mutating func skipDigits() -> Bool {
        let start = place
        while place < text.count, text[place] &- UInt8(ascii: "0") <= 9 { place += 1 }
        return place > start
    }

    /// A decimal of at most 18 digits, as a text or as a number.
    mutating func decimal() -> Decimal? {
        skipSpace()
        guard place < text.count, let digits = text[place] == UInt8(ascii: "\"") ? string() : number() else {
            return nil
        }
        var (units, count, scale): (Int64, Int, Int?) = (0, 0, nil)
        let isNegative = digits.first == UInt8(ascii: "-")
        for byte in digits[(isNegative ? 1 : 0)...] {
            if byte == UInt8(ascii: "."), scale == nil, count > 0 {
                scale = 0
                continue
            }
            let digit = byte &- UInt8(ascii: "0")
            guard digit <= 9, count < 18 else { return nil }
            units = units * 10 + Int64(digit)
            count += 1
            if let known = scale { scale = known + 1 }
        }
        guard count > 0, scale != 0 else { return nil }
        return Decimal(units: isNegative ? -units : units, scale: scale ?? 0)
    }

    /// A whole number of at most 18 digits, not as a text.
    mutating func integer() -> Int64? {
        guard let digits = number(), digits.count <= 18 else { return nil }
        var value: Int64 = 0
        for byte in digits {
            let digit = byte &- UInt8(ascii: "0")
            guard digit <= 9 else { return nil }
            value = value * 10 + Int64(digit)
        }
        return value
    }

    /// Reads an object, with `read` for the value of each member that the program knows. Values of other members are
    /// skipped.
    /// - Returns: false when `read` is, or when a member occurs twice.
    mutating func object(_ read: (inout PlainScanner, MemberName) -> Bool) -> Bool {
        guard skip("{") else { return false }
        if skip("}") { return true }
        var seen: UInt64 = 0
        repeat {
            guard let range = stringRange(), skip(":") else { return false }
            if let name = MemberName(text, in: range) {
                let bit: UInt64 = 1 << UInt64(name.rawValue)
                guard seen & bit == 0, read(&self, name) else { return false }
                seen |= bit
            } else if !skipValue() {
                return false
            }
        } while skip(",")
        return skip("}")
    }

    /// Skips a text or a number.
    private mutating func skipValue() -> Bool {
        skipSpace()
        guard place < text.count else { return false }
        return (text[place] == UInt8(ascii: "\"") ? string() : number()) != nil
    }

    /// Reads a list, with `read` for each of its elements.
    /// - Returns: false when `read` is.
    mutating func list(_ read: (inout PlainScanner) -> Bool) -> Bool {
        guard skip("[") else { return false }
        if skip("]") { return true }
        repeat {
            guard read(&self) else { return false }
        } while skip(",")
        return skip("]")
    }
}
