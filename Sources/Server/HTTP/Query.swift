internal import Hummingbird
internal import HummingbirdCore
internal import SalesRules

/// Reads query parameters and collects the errors of all of them. An empty parameter counts as absent.
struct Query {
    private let parameters: FlatDictionary<Substring, Substring>
    private var errors: [Problem.BadMember] = []

    private init(_ request: Request) { parameters = request.uri.queryParameters }

    /// - Throws: a ``Problem`` that names every parameter that is not valid.
    static func read<Value>(_ request: Request, _ read: (inout Query) -> Value) throws(Problem) -> Value {
        var query = Query(request)
        let value = read(&query)
        guard query.errors.isEmpty else { throw .badQuery(query.errors) }
        return value
    }

    mutating func year() -> Int? {
        value("year", or: "is not a year from \(Day.years.lowerBound) to \(Day.years.upperBound)") { text in
            Int(text).flatMap { Day.years.contains($0) ? $0 : nil }
        }
    }

    mutating func measure() -> Measure? {
        value("measure", or: "is neither revenue nor orders") { Measure(rawValue: $0) }
    }

    /// A salesperson's id, or `all`.
    mutating func salesperson() -> Identifier? {
        value("salesperson", or: "is neither an id nor all") { Identifier($0) }
    }

    mutating func id(_ name: Substring) -> Identifier? {
        value(name, or: "is not an id") { Identifier($0) }
    }

    /// False when absent.
    mutating func flag(_ name: Substring) -> Bool {
        value(name, or: "is neither true nor false") { Bool($0) } ?? false
    }

    mutating func limit() -> Int {
        value("limit", or: "is not a number from 1 to 1000") { text in
            Int(text).flatMap { (1...1_000).contains($0) ? $0 : nil }
        } ?? 100
    }

    /// After how many seconds a stream ends.
    mutating func seconds() -> Int? {
        value("seconds", or: "is not a number from 1 to 3600") { text in
            Int(text).flatMap { (1...3_600).contains($0) ? $0 : nil }
        }
    }

    /// The `next` of an earlier answer.
    mutating func cursor<Value>(_ read: (String) -> Value?) -> Value? {
        value("cursor", or: "is not the next value of an earlier answer") { PageCursor.text(in: $0).flatMap(read) }
    }

    private mutating func value<Value>(
        _ name: Substring,
        or reason: String,
        _ read: (String) -> Value?
    ) -> Value? {
        let texts = parameters[values: name]
        guard let text = texts.first, texts.count > 1 || !text.isEmpty else { return nil }
        guard texts.count == 1 else {
            errors.append(.init(member: String(name), reason: "is given more than once"))
            return nil
        }
        let value = read(String(text))
        if value == nil { errors.append(.init(member: String(name), reason: reason)) }
        return value
    }
}
