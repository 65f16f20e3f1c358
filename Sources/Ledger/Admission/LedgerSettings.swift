package import SalesRules

/// The settings that shape numbers. They are kept beside the numbers, and a program with others is refused.
package struct LedgerSettings: Sendable {
    /// What an order counts for.
    package let rules: Rules
    /// Where a timestamp becomes a date.
    package let timeZone: String
    /// Over how many shards the orders are spread.
    package let shards: Int
    /// The names of what is kept.
    package let keys: KeySpace
    /// What is kept in Redis of the settings, in a form that people can read.
    package let text: String

    /// The settings of one ledger.
    package init(rules: Rules, timeZone: String = "UTC", shards: Int = 1) {
        self.rules = rules
        self.timeZone = timeZone
        self.shards = shards
        keys = KeySpace(shards: shards)
        text =
            "format=1 currency=\(rules.currency) owner-credit=\(rules.ownerCredit.rawValue) "
            + "excluded-statuses=\(rules.excludedStatuses.sorted().joined(separator: ",")) "
            + "time-zone=\(timeZone) shards=\(shards)"
    }

    /// - Parameter kept: what stands in Redis; nil when it is empty.
    /// - Throws: ``LedgerError/otherSettings(kept:ours:)``.
    package func check(kept: [UInt8]?) throws(LedgerError) {
        guard let kept, kept != Array(text.utf8) else { return }
        throw .otherSettings(kept: String(decoding: kept, as: UTF8.self), ours: text)
    }
}
