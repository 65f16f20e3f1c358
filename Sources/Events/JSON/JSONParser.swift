/// Checks a text against RFC 8259 and records the place of each value. It does not recurse, so that a deeply nested
/// text cannot overflow the stack.
struct JSONParser {
    private let text: UnsafeBufferPointer<UInt8>
    private var position = 0
    /// The index of the innermost open container. Until it is closed, its node's `next` is the container around it.
    private var container = -1
    private var depth = 0
    /// Memory for as many nodes as the text can have. An array would check at each node whether it has room and no other
    /// owner, which is half of the time of parsing.
    private let nodes: UnsafeMutableBufferPointer<JSONTape.Node>
    private var count = 0

    private init(_ text: UnsafeBufferPointer<UInt8>, _ nodes: UnsafeMutableBufferPointer<JSONTape.Node>) {
        self.text = text
        self.nodes = nodes
        // A byte order mark, as some editors and .NET write it.
        if text.count >= 3, text[0] == 0xef, text[1] == 0xbb, text[2] == 0xbf { position = 3 }
    }

    static func parse(_ text: UnsafeBufferPointer<UInt8>) throws(EventError) -> [JSONTape.Node] {
        var failure: EventError?
        // Each value begins at a byte of its own. Memory that is not used is not touched.
        let nodes = [JSONTape.Node](unsafeUninitializedCapacity: text.count) { nodes, count in
            var parser = JSONParser(text, nodes)
            do throws(EventError) { try parser.run() } catch { failure = error }
            count = parser.count
        }
        if let failure { throw failure }
        return nodes
    }

    private mutating func run() throws(EventError) {
        var needsValue = true
        while true {
            skipSpace()
            if needsValue {
                needsValue = try beginValue()
            } else if depth > 0 {
                needsValue = try continueContainer()
            } else if position == text.count {
                return
            } else {
                throw failure("there is text after the end of the JSON value")
            }
        }
    }

    /// - Returns: whether a value must follow: the first value of a container.
    private mutating func beginValue() throws(EventError) -> Bool {
        switch current {
        case UInt8(ascii: "\""): try string()
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try number()
        case UInt8(ascii: "{"): return try openContainer(.object, end: UInt8(ascii: "}"))
        case UInt8(ascii: "["): return try openContainer(.array, end: UInt8(ascii: "]"))
        case UInt8(ascii: "t"): try literal("true", .yes)
        case UInt8(ascii: "f"): try literal("false", .no)
        case UInt8(ascii: "n"): try literal("null", .null)
        default: throw failure("a JSON value is expected")
        }
        return false
    }

    private mutating func openContainer(_ kind: JSONTape.Kind, end: UInt8) throws(EventError) -> Bool {
        guard depth < JSONTape.maximumDepth else {
            throw failure("it is nested deeper than \(JSONTape.maximumDepth)")
        }
        add(kind, from: position, to: position)
        nodes[count - 1].next = Int32(container)
        container = count - 1
        depth += 1
        position += 1
        skipSpace()
        if current == end {
            close()
            return false
        }
        if kind == .object { try key() }
        return true
    }

    /// Reads a comma, or the end of the container.
    /// - Returns: whether a value must follow.
    private mutating func continueContainer() throws(EventError) -> Bool {
        let isObject = nodes[container].kind == .object
        switch current {
        case UInt8(ascii: ","):
            position += 1
            if isObject {
                skipSpace()
                try key()
            }
            return true
        case UInt8(ascii: "}") where isObject, UInt8(ascii: "]") where !isObject:
            close()
            return false
        default: throw failure("a comma or the end of the \(isObject ? "object" : "array") is expected")
        }
    }

    private mutating func close() {
        position += 1
        let outer = Int(nodes[container].next)
        nodes[container].end = Int32(position)
        nodes[container].next = Int32(count)
        container = outer
        depth -= 1
    }

    private mutating func key() throws(EventError) {
        guard current == UInt8(ascii: "\"") else { throw failure("a member's name is expected") }
        try string()
        skipSpace()
        guard current == UInt8(ascii: ":") else { throw failure("a colon is expected") }
        position += 1
    }

    private mutating func string() throws(EventError) {
        let start = position + 1
        position = start
        var kind = JSONTape.Kind.string
        while true {
            position = JSONString.plainEnd(text, from: position)
            switch current {
            case UInt8(ascii: "\""):
                add(kind, from: start, to: position)
                position += 1
                return
            case UInt8(ascii: "\\"):
                if kind == .string { kind = .escapedString }
                guard let end = JSONString.escapeEnd(text, from: position) else {
                    throw failure("a string has an unknown escape")
                }
                if !end.isWhole { kind = .brokenString }
                position = end.position
            case 0x80...0xff:
                // Whether a broken character matters is for the reader of the member to say.
                if let end = JSONString.multibyteEnd(text, from: position) {
                    position = end
                } else {
                    kind = .brokenString
                    position += 1
                }
            default: throw failure("a string contains a control character")
            }
        }
    }

    private mutating func number() throws(EventError) {
        let start = position
        if current == UInt8(ascii: "-") { position += 1 }
        if current == UInt8(ascii: "0") { position += 1 } else { try digits() }
        if current == UInt8(ascii: ".") {
            position += 1
            try digits()
        }
        if current | 0x20 == UInt8(ascii: "e") {
            position += 1
            if current == UInt8(ascii: "-") || current == UInt8(ascii: "+") { position += 1 }
            try digits()
        }
        add(.number, from: start, to: position)
    }

    private mutating func digits() throws(EventError) {
        let start = position
        while current &- UInt8(ascii: "0") <= 9 { position += 1 }
        guard position > start else { throw failure("a digit is expected") }
    }

    private mutating func literal(_ word: StaticString, _ kind: JSONTape.Kind) throws(EventError) {
        let end = position + word.utf8CodeUnitCount
        let expected = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
        guard end <= text.count, text[position..<end].elementsEqual(expected) else {
            throw failure("a JSON value is expected")
        }
        add(kind, from: position, to: end)
        position = end
    }

    private mutating func add(_ kind: JSONTape.Kind, from start: Int, to end: Int) {
        precondition(count < nodes.count)
        let node = JSONTape.Node(kind: kind, start: Int32(start), end: Int32(end), next: Int32(count + 1))
        (nodes.baseAddress! + count).initialize(to: node)
        count += 1
    }

    /// The next byte. At the end of the text it is 0, which JSON allows nowhere.
    private var current: UInt8 { position < text.count ? text[position] : 0 }

    private mutating func skipSpace() {
        while case let byte = current, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { position += 1 }
    }

    @inline(never)
    private func failure(_ reason: String) -> EventError {
        let reason = position < text.count ? reason : "the JSON text ends too early"
        return EventError(member: nil, reason: "\(reason) (at byte \(position))")
    }
}
