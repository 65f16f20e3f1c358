package import SalesRules

/// The settings that the numbers depend on. Redis keeps them beside the numbers, and a program with other settings is
/// refused.
package struct LedgerSettings: Sendable {
    /// The rules for what an order counts for.
    package let rules: Rules
    /// The time zone that turns times into dates.
    package let timeZone: String
    /// The number of shards that the orders are spread over.
    package let shards: Int
    /// The keys of the ledger in Redis.
    package let keys: KeySpace
    /// The form of the settings in Redis, which people can read.
    package let text: String

    /// The settings of one ledger.
    package init(rules: Rules, timeZone: String = "UTC", shards: Int = 1) {
        self.rules = rules
        self.timeZone = timeZone
        self.shards = shards
        keys = KeySpace(shards: shards)
        text =
            "format=2 currency=\(rules.currency) owner-credit=\(rules.ownerCredit.rawValue) "
            + "excluded-statuses=\(rules.excludedStatuses.sorted().joined(separator: ",")) "
            + "time-zone=\(timeZone) shards=\(shards)"
    }

    /// Compares these settings with those in Redis.
    /// - Parameter stored: the settings in Redis; nil when it has none.
    /// - Throws: ``LedgerError/otherSettings(stored:ours:)``.
    package func check(stored: [UInt8]?) throws(LedgerError) {
        guard let stored, stored != Array(text.utf8) else { return }
        throw .otherSettings(stored: String(decoding: stored, as: UTF8.self), ours: text)
    }
}
