internal import Foundation
internal import Ledger
internal import SalesRules

/// The position at which a list continues, as an opaque token for clients.
enum PageCursor {
    static func token(_ text: String) -> String { Base64URL.text(Data(text.utf8)) }

    static func text(in token: String) -> String? {
        guard token.utf8.count <= 512 else { return nil }
        return Base64URL.data(token).flatMap { String(data: $0, encoding: .utf8) }
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
