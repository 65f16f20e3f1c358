internal import SalesRules

/// Encodes values in a compact form: numbers as variable-length integers, texts with their length first
/// (docs/CONTRACT.md, "Keys in Redis").
struct ByteWriter {
    private(set) var bytes: [UInt8] = []

    init(reserving capacity: Int) { bytes.reserveCapacity(capacity) }

    /// Lets `write` append to existing bytes, without a copy of them.
    static func append(to bytes: inout [UInt8], _ write: (inout ByteWriter) -> Void) {
        var writer = ByteWriter(reserving: 0)
        swap(&writer.bytes, &bytes)
        write(&writer)
        swap(&writer.bytes, &bytes)
    }

    mutating func byte(_ value: UInt8) { bytes.append(value) }

    mutating func unsigned(_ value: UInt64) {
        var value = value
        while value >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        bytes.append(UInt8(value))
    }

    /// In zigzag form, so that small negative numbers are short too.
    mutating func signed(_ value: Int64) {
        unsigned(UInt64(bitPattern: (value << 1) ^ (value >> 63)))
    }

    mutating func text(_ text: String) {
        unsigned(UInt64(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    mutating func id(_ id: Identifier) { text(id.rawValue) }

    mutating func append(_ encoded: [UInt8]) { bytes.append(contentsOf: encoded) }
}

/// Decodes what a ``ByteWriter`` has encoded. Any other bytes give an error.
struct ByteReader {
    private let bytes: ArraySlice<UInt8>
    private var position: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    mutating func byte() throws(CorruptRecord) -> UInt8 {
        guard position < bytes.endIndex else { throw CorruptRecord(reason: "it ends too early") }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func unsigned() throws(CorruptRecord) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = try byte()
            guard shift < 63 || byte <= 1 else { throw CorruptRecord(reason: "a number is too long") }
            value |= UInt64(byte & 0x7f) << shift
            if byte & 0x80 == 0 { return value }
            shift += 7
            guard shift <= 63 else { throw CorruptRecord(reason: "a number is too long") }
        }
    }

    mutating func signed() throws(CorruptRecord) -> Int64 {
        let value = try unsigned()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    /// A count of elements that take at least one byte each.
    mutating func count(upTo limit: Int) throws(CorruptRecord) -> Int {
        let count = try unsigned()
        guard count <= UInt64(limit), count <= UInt64(bytes.endIndex - position) else {
            throw CorruptRecord(reason: "a count of \(count) is too large")
        }
        return Int(count)
    }

    mutating func text() throws(CorruptRecord) -> String {
        let count = try count(upTo: .max)
        let end = position + count
        guard let text = String(validating: bytes[position..<end], as: UTF8.self) else {
            throw CorruptRecord(reason: "a text is not UTF-8")
        }
        position = end
        return text
    }

    /// The texts of an order. Only their lengths are checked: what is not UTF-8 is shown as U+FFFD.
    mutating func texts() throws(CorruptRecord) -> OrderTexts {
        let texts = bytes[position...].withUnsafeBytes { OrderTexts.read($0) }
        guard let texts else { throw CorruptRecord(reason: "it ends too early") }
        position += texts.count
        return texts.0
    }

    mutating func id() throws(CorruptRecord) -> Identifier {
        let text = try text()
        guard let id = Identifier(text) else { throw CorruptRecord(reason: "an id is not valid") }
        return id
    }

    mutating func day() throws(CorruptRecord) -> Day {
        guard let number = Int(exactly: try signed()), let day = Day(number: number) else {
            throw CorruptRecord(reason: "a date is not valid")
        }
        return day
    }

    var isAtEnd: Bool { position == bytes.endIndex }

    func end() throws(CorruptRecord) {
        guard position == bytes.endIndex else { throw CorruptRecord(reason: "it has bytes after its end") }
    }
}
