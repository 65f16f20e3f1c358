internal import SalesRules

/// Reads the members of one object. A member that is null counts as absent. A known member that occurs twice is an
/// error. Every function throws when the member is there but has another type than the function reads.
final class Members {
    private let tape: JSONTape
    private let object: Int
    private let path: MemberPath
    /// The index of each member's value, by its name; 0 where there is none.
    private var values = Slots(repeating: 0)

    /// One slot for each ``MemberName``.
    typealias Slots = InlineArray<64, Int32>

    /// - Parameter object: the index of an object's node.
    init(_ tape: JSONTape, object: Int, path: MemberPath = .record) throws(EventError) {
        self.tape = tape
        self.object = object
        self.path = path
        var key = object + 1
        while key < Int(tape.nodes[object].next) {
            if let name = try tape.withText(tape.nodes[key], { MemberName($0) }) {
                guard values[Int(name.rawValue)] == 0 else { throw failure(name, "occurs twice") }
                values[Int(name.rawValue)] = Int32(key + 1)
            }
            key = Int(tape.nodes[key + 1].next)
        }
    }

    func failure(_ name: MemberName, _ reason: String) -> EventError { failure(name.text, reason) }

    func failure(_ name: String, _ reason: String) -> EventError {
        EventError(member: path.prefix + name, reason: reason)
    }

    /// An error of the object as a whole.
    func failure(_ reason: String) -> EventError { EventError(member: path.text, reason: reason) }

    /// The error for a required member that is missing or null.
    func missing(_ name: MemberName) -> EventError {
        failure(name, values[Int(name.rawValue)] == 0 ? "is missing" : "is null")
    }

    private func node(_ name: MemberName) -> (index: Int, JSONTape.Node)? {
        let index = Int(values[Int(name.rawValue)])
        guard index > 0, tape.nodes[index].kind != .null else { return nil }
        return (index, tape.nodes[index])
    }

    /// The value of a member whose name comes from the settings.
    private func node(named name: String) throws(EventError) -> JSONTape.Node? {
        var found: JSONTape.Node?
        var key = object + 1
        while key < Int(tape.nodes[object].next) {
            if tape.string(tape.nodes[key]) == name {
                guard found == nil else { throw failure(name, "occurs twice") }
                found = tape.nodes[key + 1]
            }
            key = Int(tape.nodes[key + 1].next)
        }
        return found
    }

    /// Whether the object has a member of this name that is not null.
    func has(_ name: MemberName) -> Bool { node(name) != nil }

    func isList(_ name: MemberName) -> Bool { node(name)?.1.kind == .array }

    /// The member's text; nil when the member is absent.
    func text(_ name: MemberName) throws(EventError) -> String? {
        guard let (_, node) = node(name) else { return nil }
        guard node.isText else { throw failure(name, node.wrongText) }
        return tape.string(node)
    }

    /// A text that is only shown (docs/CONTRACT.md, "Conventions"); empty when the member is absent. It never costs an
    /// event its effect: another value is taken as it is written, what is broken becomes U+FFFD, and it is cut.
    func shownText(_ name: MemberName) -> String {
        node(name).map { ShownText.cut(tape.string($0.1)) } ?? ""
    }

    /// A text that more depends on than what is shown; empty when the member is absent.
    func boundedText(_ name: MemberName) throws(EventError) -> String {
        let text = try text(name) ?? ""
        guard text.unicodeScalars.count <= ShownText.maximum else {
            throw failure(name, "has more than \(ShownText.maximum) characters")
        }
        return text
    }

    func requiredText(_ name: MemberName) throws(EventError) -> String {
        guard let text = try text(name) else { throw missing(name) }
        return text
    }

    /// The member's text, converted by `read`; nil when the member is absent.
    /// - Parameters:
    ///   - expected: what the text must be, for the message when `read` returns nil.
    ///   - read: returns nil for a text that it cannot convert.
    func text<Value>(
        _ name: MemberName,
        _ expected: StaticString,
        _ read: (UnsafeBufferPointer<UInt8>) -> Value?
    ) throws(EventError) -> Value? {
        guard let (_, node) = node(name) else { return nil }
        guard node.isText else { throw failure(name, node.wrongText) }
        return try value(node, name.text, expected, read)
    }

    /// The member's text or number, converted by `read`; nil when the member is absent.
    func scalar<Value>(
        _ name: MemberName,
        _ expected: StaticString,
        _ read: (UnsafeBufferPointer<UInt8>) -> Value?
    ) throws(EventError) -> Value? {
        guard let (_, node) = node(name) else { return nil }
        guard node.isText || node.kind == .number else { throw failure(name, "is neither a text nor a number") }
        return try value(node, name.text, expected, read)
    }

    /// The text of a required member whose name comes from the settings, converted by `read`.
    func requiredText<Value>(
        named name: String,
        _ expected: StaticString,
        _ read: (UnsafeBufferPointer<UInt8>) -> Value?
    ) throws(EventError) -> Value {
        guard let node = try node(named: name) else { throw failure(name, "is missing") }
        guard node.isText else { throw failure(name, node.kind == .null ? "is null" : node.wrongText) }
        return try value(node, name, expected, read)
    }

    private func value<Value>(
        _ node: JSONTape.Node,
        _ name: @autoclosure () -> String,
        _ expected: StaticString,
        _ read: (UnsafeBufferPointer<UInt8>) -> Value?
    ) throws(EventError) -> Value {
        try tape.withText(node) { (text) throws(EventError) in
            guard let value = read(text) else {
                throw failure(name(), "\(EventError.quoting(text)) is not \(expected)")
            }
            return value
        }
    }

    /// The member's number, written as a text or as a JSON number, converted by `read`; nil when the member is absent.
    func number<Value>(
        _ name: MemberName,
        _ read: (_ digits: UnsafeBufferPointer<UInt8>, _ exponent: Bool) throws(NumberError) -> Value
    ) throws(EventError) -> Value? {
        guard let (_, node) = node(name) else { return nil }
        guard node.isText || node.kind == .number else { throw failure(name, "is not a number") }
        return try tape.withText(node) { (digits) throws(EventError) in
            do throws(NumberError) {
                return try read(digits, node.kind == .number)
            } catch {
                throw failure(name, "\(EventError.quoting(digits)) \(error.phrase)")
            }
        }
    }

    /// True or false; nil when the member is absent.
    func flag(_ name: MemberName) throws(EventError) -> Bool? {
        guard let (_, node) = node(name) else { return nil }
        switch node.kind {
        case .yes: return true
        case .no: return false
        default: throw failure(name, "is neither true nor false")
        }
    }

    func object(_ name: MemberName) throws(EventError) -> Members? {
        guard let (index, node) = node(name) else { return nil }
        guard node.kind == .object else { throw failure(name, "is not an object") }
        return try Members(tape, object: index, path: .member(path, name))
    }

    /// The objects in a list; nil when the list is absent.
    func objects(_ name: MemberName, atMost limit: Int) throws(EventError) -> [Members]? {
        var objects: [Members] = []
        let exists = try elements(name, atMost: limit) { (index, position, node) throws(EventError) in
            guard node.kind == .object else { throw failure("\(name.text)[\(position)]", "is not an object") }
            objects.append(try Members(tape, object: index, path: .element(path, name, position)))
        }
        return exists ? objects : nil
    }

    /// A list of people's ids, each on its own or as the `id` of an object, as the API's answers have it.
    func requiredPersonIDs(_ name: MemberName, atMost limit: Int) throws(EventError) -> [Identifier] {
        var ids: [Identifier] = []
        let exists = try elements(name, atMost: limit) { (index, position, node) throws(EventError) in
            if node.kind == .object {
                let object = try Members(tape, object: index, path: .element(path, name, position))
                return ids.append(try object.requiredPersonID(.id))
            }
            let id = node.isText ? try tape.withText(node) { Identifier(utf8: $0) } : nil
            guard let id else { throw failure("\(name.text)[\(position)]", "is not an id") }
            guard id.isPerson else { throw failure("\(name.text)[\(position)]", "is nobody's id") }
            ids.append(id)
        }
        guard exists else { throw missing(name) }
        return ids
    }

    /// Calls `body` for each element of a list.
    /// - Returns: whether the list exists.
    private func elements(
        _ name: MemberName,
        atMost limit: Int,
        _ body: (_ index: Int, _ position: Int, JSONTape.Node) throws(EventError) -> Void
    ) throws(EventError) -> Bool {
        guard let (list, node) = node(name) else { return false }
        guard node.kind == .array else { throw failure(name, "is not a list") }
        var index = list + 1
        var position = 0
        while index < Int(node.next) {
            guard position < limit else { throw failure(name, "has more than \(limit) entries") }
            try body(index, position, tape.nodes[index])
            position += 1
            index = Int(tape.nodes[index].next)
        }
        return true
    }
}

extension JSONTape.Node {
    fileprivate var isText: Bool { kind == .string || kind == .escapedString }

    /// Why it is not a text.
    fileprivate var wrongText: String { kind == .brokenString ? "contains a broken character" : "is not a text" }
}

extension NumberError {
    fileprivate var phrase: String {
        switch self {
        case .malformed: "is not a number"
        case .tooLarge: "is too large"
        case .tooPrecise: "has too many digits"
        }
    }
}
