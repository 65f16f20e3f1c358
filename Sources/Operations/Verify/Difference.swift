internal import Ledger
package import Log
package import SalesRules

/// A place where Redis differs from the log or from the entries.
package struct Difference: Hashable, Sendable, CustomStringConvertible {
    /// The kind of number or record.
    package let kind: Kind
    /// The key in Redis.
    package let key: String
    /// What Redis has, and what it should have.
    package let problem: String
    /// The orders behind the number, each with its part; the first ``shownOrders`` of them.
    package let orders: [OrderBehind]
    /// The number of all orders behind the number.
    package let orderCount: Int

    /// The most orders that one difference lists.
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
        /// A key or field that should not exist, or that holds too much.
        case foreign
    }

    /// An order, and its part in a number.
    package struct OrderBehind: Hashable, Sendable {
        /// The order.
        package let id: Identifier
        /// Its part, in minor units of the reporting currency; nil if the difference is not about an amount.
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

extension TallySum {
    func text(_ currency: Currency) -> String {
        "\(Money.text(tally.revenue, in: currency)) \(currency), \(orders) order\(orders == 1 ? "" : "s")"
    }
}

extension Difference {
    /// A difference about a key or field that should not exist.
    package static func foreign(_ key: String, _ problem: String) -> Difference { Difference(.foreign, key, problem) }

    /// A difference about an order's entry.
    package static func entry(_ key: String, _ problem: String, _ order: TenantScoped) -> Difference {
        Difference(.entry, key, problem, orders: [OrderBehind(order.id)])
    }

    /// A difference about the cursor of a partition.
    package static func cursor(_ partition: TopicPartition, _ problem: String) -> Difference {
        Difference(.cursor, "\(partition)", problem)
    }
}
