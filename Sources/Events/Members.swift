internal import SalesTargets

/// The members of one object, each read as what it has to be. A member that is null counts as absent.
struct Members {
    private let tape: JSONTape
    private let first: Int
    private let end: Int
    /// Where the member after the last one found is: sources write them in the same order every time.
    private var hint: Int
    /// Goes before a member's name in a reason.
    private let path: String

    /// - Parameter node: an object.
    /// - Throws: when a member is there twice: which of them is meant would be a guess.
    init(_ tape: JSONTape, object node: Int, path: String = "") throws(EventError) {
        self.tape = tape
        self.path = path
        first = node + 1
        end = Int(tape.nodes[node].next)
        hint = first
        try refuseDuplicates()
    }

    private func refuseDuplicates() throws(EventError) {
        var key = first
        while key < end {
            let name = tape.nodes[key]
            let length = name.end - name.start
            var other = Int(tape.nodes[key + 1].next)
            while other < end {
                let node = tape.nodes[other]
                if node.end - node.start == length, tape.bytes(node).elementsEqual(tape.bytes(name)) {
                    throw EventError(member: path + tape.string(name), reason: "is there twice")
                }
                other = Int(tape.nodes[other + 1].next)
            }
            key = Int(tape.nodes[key + 1].next)
        }
    }

    func failure(_ name: String, _ reason: String) -> EventError {
        EventError(member: path + name, reason: reason)
    }

    /// The index of a member's value; nil when it is absent or null.
    mutating func find(_ name: StaticString) -> Int? {
        find(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    }

    mutating func find(_ name: UnsafeBufferPointer<UInt8>) -> Int? {
        var key = hint
        var isWrapped = false
        while true {
            if key >= end {
                if isWrapped || hint == first { return nil }
                isWrapped = true
                key = first
            }
            if isWrapped, key >= hint { return nil }
            let node = tape.nodes[key]
            if Int(node.end - node.start) == name.count, tape.bytes(node).elementsEqual(name) {
                hint = Int(tape.nodes[key + 1].next)
                return tape.nodes[key + 1].kind == .null ? nil : key + 1
            }
            key = Int(tape.nodes[key + 1].next)
        }
    }

    /// Whether the object has a member of this name, be it null.
    func has(_ name: StaticString) -> Bool {
        var key = first
        let name = UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        while key < end {
            if tape.bytes(tape.nodes[key]).elementsEqual(name) { return true }
            key = Int(tape.nodes[key + 1].next)
        }
        return false
    }

    /// A text; nil when it is absent.
    mutating func text(_ name: StaticString) throws(EventError) -> String? {
        guard let node = find(name) else { return nil }
        switch tape.nodes[node].kind {
        case .string, .escapedString: return tape.string(tape.nodes[node])
        default: throw failure("\(name)", "is not a text")
        }
    }

    mutating func requiredText(_ name: StaticString) throws(EventError) -> String {
        guard let text = try text(name) else { throw missing(name) }
        return text
    }

    mutating func id(_ name: StaticString) throws(EventError) -> Identifier? {
        guard let node = find(name) else { return nil }
        let bytes = tape.bytes(tape.nodes[node])
        guard tape.nodes[node].kind == .string, let id = Identifier(utf8: bytes) else {
            throw failure("\(name)", "\(Self.quoted(bytes)) is not an id")
        }
        return id
    }

    mutating func requiredID(_ name: StaticString) throws(EventError) -> Identifier {
        guard let id = try id(name) else { throw missing(name) }
        return id
    }

    mutating func day(_ name: StaticString) throws(EventError) -> Day {
        guard let node = find(name) else { throw missing(name) }
        let text = tape.bytes(tape.nodes[node])
        guard tape.nodes[node].kind == .string, let day = Day(utf8: text) else {
            throw failure("\(name)", "\(Self.quoted(text)) is not a date YYYY-MM-DD")
        }
        return day
    }

    /// The digits of a number, be it written as a text or as a JSON number, which alone may have an exponent.
    mutating func digits(
        _ name: StaticString
    ) throws(EventError) -> (bytes: UnsafeBufferPointer<UInt8>, exponent: Bool)? {
        guard let node = find(name) else { return nil }
        switch tape.nodes[node].kind {
        case .string: return (tape.bytes(tape.nodes[node]), false)
        case .number: return (tape.bytes(tape.nodes[node]), true)
        default: throw failure("\(name)", "is not a number")
        }
    }

    mutating func decimal(_ name: StaticString) throws(EventError) -> Decimal? {
        guard let (bytes, exponent) = try digits(name) else { return nil }
        do throws(NumberError) {
            return try Decimal(utf8: bytes, exponent: exponent)
        } catch {
            throw failure("\(name)", Self.reason(error, bytes))
        }
    }

    mutating func money(_ name: StaticString, in currency: Currency) throws(EventError) -> Int64 {
        guard let (bytes, exponent) = try digits(name) else { throw missing(name) }
        do throws(NumberError) {
            return try Money.minorUnits(utf8: bytes, in: currency, exponent: exponent)
        } catch {
            throw failure("\(name)", Self.reason(error, bytes))
        }
    }

    mutating func integer(_ name: StaticString) throws(EventError) -> Int64? {
        guard let (bytes, _) = try digits(name) else { return nil }
        guard let number = Int64(String(decoding: bytes, as: UTF8.self)), bytes.first != UInt8(ascii: "+") else {
            throw failure("\(name)", "\(Self.quoted(bytes)) is not a whole number")
        }
        return number
    }

    mutating func object(_ name: StaticString) throws(EventError) -> Members? {
        guard let node = find(name) else { return nil }
        guard tape.nodes[node].kind == .object else { throw failure("\(name)", "is not an object") }
        return try Members(tape, object: node, path: "\(path)\(name).")
    }

    /// The objects in a list; nil when it is absent.
    mutating func objects(_ name: StaticString, atMost limit: Int) throws(EventError) -> [Members]? {
        guard let nodes = try elements(name, atMost: limit) else { return nil }
        var objects: [Members] = []
        for (index, node) in nodes.enumerated() {
            guard tape.nodes[node].kind == .object else { throw failure("\(name)[\(index)]", "is not an object") }
            objects.append(try Members(tape, object: node, path: "\(path)\(name)[\(index)]."))
        }
        return objects
    }

    mutating func ids(_ name: StaticString, atMost limit: Int) throws(EventError) -> [Identifier] {
        guard let nodes = try elements(name, atMost: limit) else { throw missing(name) }
        var ids: [Identifier] = []
        for (index, node) in nodes.enumerated() {
            let isText = tape.nodes[node].kind == .string
            guard isText, let id = Identifier(utf8: tape.bytes(tape.nodes[node])) else {
                throw failure("\(name)[\(index)]", "is not an id")
            }
            ids.append(id)
        }
        return ids
    }

    private mutating func elements(_ name: StaticString, atMost limit: Int) throws(EventError) -> [Int]? {
        guard let list = find(name) else { return nil }
        guard tape.nodes[list].kind == .array else { throw failure("\(name)", "is not a list") }
        var nodes: [Int] = []
        var node = list + 1
        while node < Int(tape.nodes[list].next) {
            guard nodes.count < limit else { throw failure("\(name)", "has more than \(limit) entries") }
            nodes.append(node)
            node = Int(tape.nodes[node].next)
        }
        return nodes
    }

    func missing(_ name: StaticString) -> EventError { failure("\(name)", "is missing") }

    static func quoted(_ text: some Collection<UInt8>) -> String {
        "\"\(String(decoding: text.prefix(40), as: UTF8.self))\(text.count > 40 ? "…" : "")\""
    }

    static func quoted(_ text: String) -> String { quoted(text.utf8) }

    private static func reason(_ error: NumberError, _ bytes: UnsafeBufferPointer<UInt8>) -> String {
        switch error {
        case .malformed: "\(quoted(bytes)) is not a number"
        case .tooLarge: "\(quoted(bytes)) is too large"
        case .tooPrecise: "\(quoted(bytes)) has more digits than can be kept"
        }
    }
}

extension Members {
    /// A text, or the digits of a number; nil for anything else.
    func scalar(_ node: Int) -> String? {
        switch tape.nodes[node].kind {
        case .string, .escapedString: tape.string(tape.nodes[node])
        case .number: String(decoding: tape.bytes(tape.nodes[node]), as: UTF8.self)
        default: nil
        }
    }
}
