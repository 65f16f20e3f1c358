/// Checks a text against RFC 8259 and notes its values. The containers that are open lie in an array, so that a text of
/// any depth is refused and not followed.
struct JSONParser {
    private let text: UnsafeBufferPointer<UInt8>
    private var position = 0
    private var open: [Int] = []

    init(text: UnsafeBufferPointer<UInt8>) { self.text = text }

    mutating func parse(into nodes: inout [JSONTape.Node]) throws(EventError) {
        var needsValue = true
        while true {
            skipSpace()
            if needsValue {
                needsValue = try beginValue(&nodes)
            } else if let container = open.last {
                needsValue = try goOn(in: container, &nodes)
            } else if position == text.count {
                return
            } else {
                throw failure("something stands behind the end of the JSON text")
            }
        }
    }

    /// - Returns: whether a value has to follow: the first one of a container.
    private mutating func beginValue(_ nodes: inout [JSONTape.Node]) throws(EventError) -> Bool {
        guard let byte = current else { throw failure("the JSON text ends too early") }
        switch byte {
        case UInt8(ascii: "{"): return try openContainer(.object, end: UInt8(ascii: "}"), &nodes)
        case UInt8(ascii: "["): return try openContainer(.array, end: UInt8(ascii: "]"), &nodes)
        case UInt8(ascii: "\""): try string(&nodes)
        case UInt8(ascii: "t"): try literal("true", .yes, &nodes)
        case UInt8(ascii: "f"): try literal("false", .no, &nodes)
        case UInt8(ascii: "n"): try literal("null", .null, &nodes)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try number(&nodes)
        default: throw failure("a JSON value is expected")
        }
        return false
    }

    private mutating func openContainer(
        _ kind: JSONTape.Kind,
        end: UInt8,
        _ nodes: inout [JSONTape.Node]
    ) throws(EventError) -> Bool {
        guard open.count < JSONTape.maximumDepth else {
            throw failure("it is nested deeper than \(JSONTape.maximumDepth)")
        }
        open.append(nodes.count)
        add(kind, from: position, to: position, &nodes)
        position += 1
        skipSpace()
        if current == end {
            close(&nodes)
            return false
        }
        if kind == .object { try key(&nodes) }
        return true
    }

    private mutating func goOn(in container: Int, _ nodes: inout [JSONTape.Node]) throws(EventError) -> Bool {
        let isObject = nodes[container].kind == .object
        switch current {
        case UInt8(ascii: ","):
            position += 1
            skipSpace()
            if isObject { try key(&nodes) }
            return true
        case UInt8(ascii: "}") where isObject, UInt8(ascii: "]") where !isObject:
            close(&nodes)
            return false
        case .none: throw failure("the JSON text ends too early")
        default: throw failure("a comma or the end of the \(isObject ? "object" : "array") is expected")
        }
    }

    private mutating func close(_ nodes: inout [JSONTape.Node]) {
        position += 1
        let container = open.removeLast()
        nodes[container].end = Int32(position)
        nodes[container].next = Int32(nodes.count)
    }

    private mutating func key(_ nodes: inout [JSONTape.Node]) throws(EventError) {
        guard current == UInt8(ascii: "\"") else { throw failure("a member's name is expected") }
        try string(&nodes)
        skipSpace()
        guard current == UInt8(ascii: ":") else { throw failure("a colon is expected") }
        position += 1
    }

    private mutating func string(_ nodes: inout [JSONTape.Node]) throws(EventError) {
        position += 1
        let start = position
        var kind = JSONTape.Kind.string
        while let byte = current {
            switch byte {
            case UInt8(ascii: "\""):
                add(kind, from: start, to: position, &nodes)
                position += 1
                return
            case UInt8(ascii: "\\"):
                kind = .escapedString
                try escape()
            case 0x00..<0x20: throw failure("a control character stands in a string")
            case 0x80...0xff: try multibyte(byte)
            default: position += 1
            }
        }
        throw failure("a string does not end")
    }

    private mutating func escape() throws(EventError) {
        position += 1
        switch current {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 1
        case UInt8(ascii: "u"):
            position += 1
            let unit = try hexUnit()
            if (0xdc00...0xdfff).contains(unit) { throw failure("half a surrogate pair stands in a string") }
            guard (0xd800...0xdbff).contains(unit) else { return }
            guard current == UInt8(ascii: "\\"), position + 1 < text.count, text[position + 1] == UInt8(ascii: "u")
            else {
                throw failure("half a surrogate pair stands in a string")
            }
            position += 2
            guard (0xdc00...0xdfff).contains(try hexUnit()) else {
                throw failure("half a surrogate pair stands in a string")
            }
        default: throw failure("a string has an unknown escape")
        }
    }

    private mutating func hexUnit() throws(EventError) -> UInt32 {
        guard position + 4 <= text.count else { throw failure("a string does not end") }
        var unit: UInt32 = 0
        for byte in text[position..<position + 4] {
            guard let digit = Self.hexDigit(byte) else { throw failure("a string has an unknown escape") }
            unit = unit << 4 | UInt32(digit)
        }
        position += 4
        return unit
    }

    static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// Well-formed sequences only (Unicode, table 3-7).
    private mutating func multibyte(_ first: UInt8) throws(EventError) {
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xbf
        switch first {
        case 0xc2...0xdf: length = 2
        case 0xe0: (length, second) = (3, 0xa0...0xbf)
        case 0xe1...0xec, 0xee...0xef: length = 3
        case 0xed: (length, second) = (3, 0x80...0x9f)
        case 0xf0: (length, second) = (4, 0x90...0xbf)
        case 0xf1...0xf3: length = 4
        case 0xf4: (length, second) = (4, 0x80...0x8f)
        default: throw failure("a string is not UTF-8")
        }
        guard position + length <= text.count, second.contains(text[position + 1]),
            text[position + 2..<max(position + 2, position + length)].allSatisfy({ $0 & 0xc0 == 0x80 })
        else { throw failure("a string is not UTF-8") }
        position += length
    }

    private mutating func number(_ nodes: inout [JSONTape.Node]) throws(EventError) {
        let start = position
        if current == UInt8(ascii: "-") { position += 1 }
        if current == UInt8(ascii: "0") { position += 1 } else { try digits() }
        if current == UInt8(ascii: ".") {
            position += 1
            try digits()
        }
        if let byte = current, byte | 0x20 == UInt8(ascii: "e") {
            position += 1
            if current == UInt8(ascii: "-") || current == UInt8(ascii: "+") { position += 1 }
            try digits()
        }
        add(.number, from: start, to: position, &nodes)
    }

    private mutating func digits() throws(EventError) {
        let start = position
        while let byte = current, byte &- UInt8(ascii: "0") <= 9 { position += 1 }
        guard position > start else { throw failure("a number is not one") }
    }

    private mutating func literal(
        _ word: StaticString,
        _ kind: JSONTape.Kind,
        _ nodes: inout [JSONTape.Node]
    ) throws(EventError) {
        let end = position + word.utf8CodeUnitCount
        let expected = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
        guard end <= text.count, text[position..<end].elementsEqual(expected) else {
            throw failure("a JSON value is expected")
        }
        add(kind, from: position, to: end, &nodes)
        position = end
    }

    private func add(_ kind: JSONTape.Kind, from start: Int, to end: Int, _ nodes: inout [JSONTape.Node]) {
        nodes.append(
            JSONTape.Node(kind: kind, start: Int32(start), end: Int32(end), next: Int32(nodes.count + 1))
        )
    }

    private var current: UInt8? { position < text.count ? text[position] : nil }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { position += 1 }
    }

    private func failure(_ reason: String) -> EventError {
        EventError(member: nil, reason: "\(reason) (at byte \(position))")
    }
}
