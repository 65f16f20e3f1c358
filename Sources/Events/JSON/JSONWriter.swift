/// Writes JSON, member by member.
package struct JSONWriter: Sendable {
    /// The JSON so far, in UTF-8.
    package private(set) var bytes: [UInt8] = []

    /// A writer without output.
    package init() { bytes.reserveCapacity(512) }

    /// The JSON of one object, with the members that `write` adds.
    package static func object(_ write: (inout JSONWriter) -> Void) -> [UInt8] {
        var json = JSONWriter()
        json.object(write)
        return json.bytes
    }

    /// Adds a text.
    package mutating func member(_ name: StaticString, _ text: String) {
        self.name(name)
        string(text)
    }

    /// Adds a whole number.
    package mutating func member(_ name: StaticString, _ number: Int64) {
        self.name(name)
        bytes.append(contentsOf: String(number).utf8)
    }

    /// Adds true or false.
    package mutating func member(_ name: StaticString, _ flag: Bool) {
        self.name(name)
        bytes.append(contentsOf: (flag ? "true" : "false").utf8)
    }

    /// Adds a number that is already formatted, such as `48.0`.
    package mutating func member(_ name: StaticString, number: String) {
        self.name(name)
        bytes.append(contentsOf: number.utf8)
    }

    /// Adds an object.
    package mutating func object(_ name: StaticString, _ write: (inout JSONWriter) -> Void) {
        self.name(name)
        object(write)
    }

    /// Adds a list of texts.
    package mutating func list(_ name: StaticString, _ texts: [String]) {
        list(name, texts) { text, json in json.string(text) }
    }

    /// Adds a list of objects.
    package mutating func objects<Element>(
        _ name: StaticString,
        _ elements: some Sequence<Element>,
        _ write: (Element, inout JSONWriter) -> Void
    ) {
        list(name, elements) { element, json in json.object { write(element, &$0) } }
    }

    private mutating func list<Element>(
        _ name: StaticString,
        _ elements: some Sequence<Element>,
        _ write: (Element, inout JSONWriter) -> Void
    ) {
        self.name(name)
        bytes.append(UInt8(ascii: "["))
        for element in elements {
            if bytes.last != UInt8(ascii: "[") { bytes.append(UInt8(ascii: ",")) }
            write(element, &self)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    private mutating func object(_ write: (inout JSONWriter) -> Void) {
        bytes.append(UInt8(ascii: "{"))
        write(&self)
        bytes.append(UInt8(ascii: "}"))
    }

    private mutating func name(_ name: StaticString) {
        if bytes.last != UInt8(ascii: "{") { bytes.append(UInt8(ascii: ",")) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }

    private mutating func string(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            // The short escapes where they exist, so that a text does not grow when it is read and written again.
            case 0x08: bytes.append(contentsOf: "\\b".utf8)
            case 0x09: bytes.append(contentsOf: "\\t".utf8)
            case 0x0a: bytes.append(contentsOf: "\\n".utf8)
            case 0x0c: bytes.append(contentsOf: "\\f".utf8)
            case 0x0d: bytes.append(contentsOf: "\\r".utf8)
            case 0x00..<0x20:
                bytes.append(contentsOf: "\\u00".utf8)
                bytes.append(Self.hexDigits[Int(byte >> 4)])
                bytes.append(Self.hexDigits[Int(byte & 15)])
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static let hexDigits = Array("0123456789abcdef".utf8)
}
