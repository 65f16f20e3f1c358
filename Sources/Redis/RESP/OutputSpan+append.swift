extension OutputSpan<UInt8> {
    /// Appends bytes.
    /// - Precondition: there is room for them.
    package mutating func append(contentsOf bytes: Span<UInt8>) {
        withUnsafeMutableBufferPointer { buffer, count in
            // Refuses more bytes than there is room for.
            bytes.withUnsafeBufferPointer { _ = buffer[count...].initialize(fromContentsOf: $0) }
            count += bytes.count
        }
    }

    /// Appends the digits of a number.
    /// - Precondition: there is room for them.
    package mutating func append(decimal number: UInt64) {
        if number >= 100 { append(decimal: number / 100) }
        let pair = UInt8(number % 100)
        if number >= 10 { append(UInt8(ascii: "0") + pair / 10) }
        append(UInt8(ascii: "0") + pair % 10)
    }

    /// Appends a number with its sign.
    /// - Precondition: there is room for it.
    package mutating func append(decimal number: Int) {
        if number < 0 { append(UInt8(ascii: "-")) }
        append(decimal: UInt64(number.magnitude))
    }
}
