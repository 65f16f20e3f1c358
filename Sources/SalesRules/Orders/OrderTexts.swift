/// The texts of an order in one piece of memory: each as its length and its bytes in UTF-8. On the way from a record to
/// Redis nobody looks at them, so they are copied and compared as bytes.
public struct OrderTexts: Hashable, Sendable {
    /// The texts of an order, in the order of their bytes.
    public enum Name: Int, CaseIterable, Sendable {
        case status, number, subject, account
    }

    /// For each text its length as a number of variable length (LEB128), and then its bytes.
    public private(set) var bytes: [UInt8]

    private init(bytes: [UInt8]) { self.bytes = bytes }

    /// Texts in UTF-8; nil for an empty one.
    public init(
        status: UnsafeBufferPointer<UInt8>?,
        number: UnsafeBufferPointer<UInt8>?,
        subject: UnsafeBufferPointer<UInt8>?,
        account: UnsafeBufferPointer<UInt8>?
    ) {
        let none = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
        let texts: InlineArray<4, UnsafeBufferPointer<UInt8>> = [
            status ?? none, number ?? none, subject ?? none, account ?? none,
        ]
        var length = 0
        for place in texts.indices { length += Self.lengthSize(texts[place].count) + texts[place].count }
        bytes = Array(unsafeUninitializedCapacity: length) { buffer, count in
            for place in texts.indices {
                var length = texts[place].count
                while length >= 0x80 {
                    buffer[count] = UInt8(length & 0x7f) | 0x80
                    length >>= 7
                    count += 1
                }
                buffer[count] = UInt8(length)
                count += 1
                for byte in texts[place] {
                    buffer[count] = byte
                    count += 1
                }
            }
        }
    }

    /// Texts, in the order of ``Name``.
    private init(_ texts: [String]) {
        self.init(status: texts[0], number: texts[1], subject: texts[2], account: texts[3])
    }

    /// Texts.
    public init(status: String = "", number: String = "", subject: String = "", account: String = "") {
        var (status, number, subject, account) = (status, number, subject, account)
        self = status.withUTF8 { status in
            number.withUTF8 { number in
                subject.withUTF8 { subject in
                    account.withUTF8 { account in
                        OrderTexts(status: status, number: number, subject: subject, account: account)
                    }
                }
            }
        }
    }

    /// How many bytes the length of a text takes.
    private static func lengthSize(_ length: Int) -> Int { max(1, (Int.bitWidth - length.leadingZeroBitCount + 6) / 7) }

    /// Reads ``bytes`` from the start of a buffer.
    /// - Returns: the texts, and how many bytes they take; nil where there are no four texts.
    public static func read(_ buffer: UnsafeRawBufferPointer) -> (OrderTexts, count: Int)? {
        var place = 0
        for _ in Name.allCases {
            guard let text = range(in: buffer, from: place) else { return nil }
            place = text.upperBound
        }
        return (OrderTexts(bytes: Array(buffer[..<place])), place)
    }

    /// One of the texts.
    public subscript(name: Name) -> String {
        get { withBytes(of: name) { String(decoding: $0, as: UTF8.self) } }
        set {
            var texts = Name.allCases.map { self[$0] }
            texts[name.rawValue] = newValue
            self = OrderTexts(texts)
        }
    }

    /// Calls `body` with one of the texts, in UTF-8.
    public func withBytes<Result>(of name: Name, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        bytes.withUnsafeBytes { buffer in
            var text = 0..<0
            for _ in 0...name.rawValue { text = Self.range(in: buffer, from: text.upperBound) ?? 0..<0 }
            return body(UnsafeRawBufferPointer(rebasing: buffer[text]))
        }
    }

    /// Where the text is whose length is at this place; nil where the bytes end too early.
    private static func range(in bytes: UnsafeRawBufferPointer, from place: Int) -> Range<Int>? {
        var (place, length, shift) = (place, 0, 0)
        while true {
            guard place < bytes.count, shift <= 28 else { return nil }
            let byte = bytes[place]
            length |= Int(byte & 0x7f) << shift
            place += 1
            if byte < 0x80 { break }
            shift += 7
        }
        return length <= bytes.count - place ? place..<place + length : nil
    }
}
