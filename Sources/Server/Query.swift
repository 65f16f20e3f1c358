internal import Foundation
internal import Hummingbird
internal import HummingbirdCore
internal import Ledger
internal import SalesTargets

/// The parameters of a query, each checked.
struct Query {
    private let parameters: FlatDictionary<Substring, Substring>

    init(_ request: Request) { parameters = request.uri.queryParameters }

    private func text(_ name: Substring) -> String? {
        parameters[name].map(String.init).flatMap { $0.isEmpty ? nil : $0 }
    }

    func year() throws(Problem) -> Int? {
        guard let text = text("year") else { return nil }
        guard let year = Int(text), Day.years.contains(year) else {
            throw .badQuery("year", "is not a year from \(Day.years.lowerBound) to \(Day.years.upperBound)")
        }
        return year
    }

    func measure() throws(Problem) -> Measure? {
        guard let text = text("measure") else { return nil }
        guard let measure = Measure(rawValue: text) else { throw .badQuery("measure", "is neither revenue nor orders") }
        return measure
    }

    /// A salesperson's id, or `all`.
    func salesperson() throws(Problem) -> Identifier? {
        guard let text = text("salesperson") else { return nil }
        guard let id = Identifier(text) else { throw .badQuery("salesperson", "is not an id") }
        return id
    }

    func limit() throws(Problem) -> Int {
        guard let text = text("limit") else { return 100 }
        guard let limit = Int(text), (1...1_000).contains(limit) else {
            throw .badQuery("limit", "is not a number from 1 to 1000")
        }
        return limit
    }

    /// What a former answer gave as `next`.
    func cursor<Value>(_ read: (String) -> Value?) throws(Problem) -> Value? {
        guard let text = text("cursor") else { return nil }
        guard let value = PageCursor.text(in: text).flatMap(read) else {
            throw .badQuery("cursor", "is not one that this server gave")
        }
        return value
    }
}

/// Where a list goes on, in a form that nobody is tempted to take apart.
enum PageCursor {
    static func token(_ text: String) -> String {
        Data(text.utf8).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing(
            "=",
            with: ""
        )
    }

    static func text(in token: String) -> String? {
        guard token.utf8.count <= 512 else { return nil }
        let padded = token.replacing("-", with: "+").replacing("_", with: "/")
        let whole = padded + String(repeating: "=", count: (4 - padded.count % 4) % 4)
        return Data(base64Encoded: whole).flatMap { String(data: $0, encoding: .utf8) }
    }
}

extension OrderPosition {
    /// `<date>/<order id>`
    var text: String { "\(day)/\(order)" }

    init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1)
        guard parts.count == 2, let day = Day(String(parts[0])), let order = Identifier(parts[1]) else { return nil }
        self.init(day: day, order: order)
    }
}
