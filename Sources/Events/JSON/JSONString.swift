/// Checks and decodes the content of JSON strings.
enum JSONString {
    /// The place of the first byte that is a quote, a backslash, a control character, or not ASCII; the end of the text
    /// if there is none.
    static func plainEnd(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        var index = start
        let bytes = UnsafeRawBufferPointer(text)
        while index + 8 <= bytes.count {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            let found = special(word)
            if found != 0 { return index + found.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < text.count, isPlain(text[index]) { index += 1 }
        return index
    }

    /// Tests eight bytes at once: the top bit of a special byte is set in the result. Only the lowest set bit is exact,
    /// because borrows may set bits above it (Mycroft's test for a zero byte); the caller uses only the lowest.
    private static func special(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let tops = ones << 7
        let quote = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
        let backslash = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
        let zeros = ((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash)
        let controls = (word &- ones &* 0x20) & ~word
        return (zeros | controls | word) & tops
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte < 0x80 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    /// The place after an escape, and whether it is whole: not half a surrogate pair. Nil for an unknown escape.
    /// - Parameter start: the place of the backslash.
    static func escapeEnd(
        _ text: UnsafeBufferPointer<UInt8>,
        from start: Int
    ) -> (position: Int, isWhole: Bool)? {
        guard start + 1 < text.count else { return nil }
        switch text[start + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return (start + 2, true)
        default:
            guard let unit = unit(text, at: start) else { return nil }
            guard (0xd800...0xdfff).contains(unit) else { return (start + 6, true) }
            return unit <= 0xdbff && lowSurrogate(text, at: start + 6) != nil ? (start + 12, true) : (start + 6, false)
        }
    }

    /// The UTF-16 code unit of `\uXXXX`; nil where there is no such escape.
    private static func unit(_ text: UnsafeBufferPointer<UInt8>, at start: Int) -> UInt32? {
        guard start + 6 <= text.count, text[start] == UInt8(ascii: "\\"), text[start + 1] == UInt8(ascii: "u")
        else { return nil }
        var unit: UInt32 = 0
        for byte in text[start + 2..<start + 6] {
            guard let digit = hexDigit(byte) else { return nil }
            unit = unit << 4 | UInt32(digit)
        }
        return unit
    }

    private static func lowSurrogate(_ text: UnsafeBufferPointer<UInt8>, at start: Int) -> UInt32? {
        unit(text, at: start).flatMap { (0xdc00...0xdfff).contains($0) ? $0 : nil }
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// The place after a character of several bytes; nil where the sequence is not well-formed (Unicode, table 3-7).
    static func multibyteEnd(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xbf
        switch text[start] {
        case 0xc2...0xdf: length = 2
        case 0xe0: (length, second) = (3, 0xa0...0xbf)
        case 0xe1...0xec, 0xee...0xef: length = 3
        case 0xed: (length, second) = (3, 0x80...0x9f)
        case 0xf0: (length, second) = (4, 0x90...0xbf)
        case 0xf1...0xf3: length = 4
        case 0xf4: (length, second) = (4, 0x80...0x8f)
        default: return nil
        }
        guard start + length <= text.count, second.contains(text[start + 1]),
            text[start + 2..<start + length].allSatisfy({ $0 & 0xc0 == 0x80 })
        else { return nil }
        return start + length
    }

    /// Decodes a string with escapes into UTF-8, with U+FFFD for half a surrogate pair.
    /// - Precondition: the escapes were checked.
    static func unescaped(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            guard text[index] == UInt8(ascii: "\\") else {
                result.append(text[index])
                index += 1
                continue
            }
            if var scalar = unit(text, at: index) {
                index += 6
                if (0xd800...0xdbff).contains(scalar), let low = lowSurrogate(text, at: index) {
                    scalar = 0x10000 + (scalar - 0xd800) << 10 + (low - 0xdc00)
                    index += 6
                }
                if let encoded = UTF8.encode(Unicode.Scalar(scalar) ?? "\u{fffd}") {
                    result.append(contentsOf: encoded)
                }
                continue
            }
            index += 2
            switch text[index - 1] {
            case UInt8(ascii: "b"): result.append(0x08)
            case UInt8(ascii: "f"): result.append(0x0c)
            case UInt8(ascii: "n"): result.append(0x0a)
            case UInt8(ascii: "r"): result.append(0x0d)
            case UInt8(ascii: "t"): result.append(0x09)
            case let plain: result.append(plain)
            }
        }
        return result
    }
}
