internal import Ledger
package import Log
package import SalesRules

/// Something in Redis that is not what it has to be.
package struct Difference: Hashable, Sendable, CustomStringConvertible {
    /// What kind of number or record it is.
    package let kind: Kind
    /// The key in Redis.
    package let key: String
    /// What is there, and what should be.
    package let problem: String
    /// The orders behind it, each with what it counts there; the first ``shownOrders`` of them.
    package let orders: [OrderBehind]
    /// How many orders there are behind it.
    package let orderCount: Int

    /// The most orders that one difference names.
    package static let shownOrders = 100

    package enum Kind: String, Sendable, CaseIterable {
        case entry
        case day
        case index
        case overlap
        case target
        case person
        case preference
        case cursor
        case settings
        /// A key that nobody accounts for.
        case foreign
    }

    /// An order, and its part in a number.
    package struct OrderBehind: Hashable, Sendable {
        /// The order.
        package let id: Identifier
        /// What it counts there, in minor units of the reporting currency; nil where that says nothing.
        package let amount: Int64?

        init(_ id: Identifier, _ amount: Int64? = nil) {
            self.id = id
            self.amount = amount
        }
    }

    init(_ kind: Kind, _ key: String, _ problem: String, orders: [OrderBehind] = []) {
        self.kind = kind
        self.key = key
        self.problem = problem
        self.orders = Array(orders.sorted { $0.id < $1.id }.prefix(Self.shownOrders))
        orderCount = orders.count
    }

    /// One line, without the orders.
    package var description: String { "\(kind.rawValue) \(key): \(problem)" }
}

extension Tally {
    func text(_ currency: Currency) -> String {
        "\(Money.text(revenue, in: currency)) \(currency), \(orders) order\(orders == 1 ? "" : "s")"
    }
}

extension Difference {
    /// Something about a key that nobody accounts for.
    package static func foreign(_ key: String, _ problem: String) -> Difference { Difference(.foreign, key, problem) }

    /// Something about an order's entry.
    package static func entry(_ key: String, _ problem: String, _ order: TenantScoped) -> Difference {
        Difference(.entry, key, problem, orders: [OrderBehind(order.id)])
    }

    /// Something about how far a partition is applied.
    package static func cursor(_ partition: TopicPartition, _ problem: String) -> Difference {
        Difference(.cursor, "\(partition)", problem)
    }
}
