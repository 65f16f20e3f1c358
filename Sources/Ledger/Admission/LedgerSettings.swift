package import SalesRules

/// The settings that the numbers depend on. Redis keeps them beside the numbers, and a program with other settings is
/// refused.
package struct LedgerSettings: Sendable {
    /// The rules for what an order counts for.
    package let rules: Rules
    /// The number of shards that the orders are spread over.
    package let shards: Int
    /// When the sums of days are read before they change.
    package let sums: SumLimits
    /// The keys of the ledger in Redis.
    package let keys: KeySpace
    /// The form of the settings in Redis, which people can read: `word=value` for each, with spaces between them.
    package let text: String

    /// The settings that say which events there are and how they are read, with their words in the configuration.
    package struct Input: Hashable, Sendable {
        /// The time zone that turns times into dates.
        package var timeZone = "UTC"
        /// The tenant of events that name no tenant.
        package var defaultTenant = "default"
        /// The field that is a vtiger order's total.
        package var vtigerAmount = "hdnGrandTotal"
        /// The field that is a vtiger order's date.
        package var vtigerDate = "createdtime"
        /// The names of the topics that are read, by what they carry.
        package var topics = [
            "orders": "sales.orders", "allocations": "sales.allocations", "targets": "sales.targets",
            "people": "sales.people",
        ]

        /// The settings that a program has by default.
        package init() {}
    }

    /// The settings of one ledger.
    package init(rules: Rules, input: Input = Input(), shards: Int = 1, sums: SumLimits = SumLimits()) {
        self.rules = rules
        self.sums = sums
        self.shards = shards
        keys = KeySpace(shards: shards)
        let statuses = rules.excludedStatuses.sorted().map(Self.escaped).joined(separator: ",")
        let words: [(String, String)] =
            [
                ("format", "2"), ("currency", rules.currency.code), ("owner-credit", rules.ownerCredit.rawValue),
                ("excluded-statuses", statuses), ("time-zone", Self.escaped(input.timeZone)), ("shards", "\(shards)"),
                ("default-tenant", Self.escaped(input.defaultTenant)),
                ("vtiger-amount", Self.escaped(input.vtigerAmount)), ("vtiger-date", Self.escaped(input.vtigerDate)),
            ] + input.topics.sorted { $0.key < $1.key }.map { ("topic-\($0.key)", Self.escaped($0.value)) }
        text = words.map { "\($0.0)=\($0.1)" }.joined(separator: " ")
    }

    /// Compares these settings with those in Redis.
    /// - Parameter stored: the settings in Redis; nil when it has none.
    /// - Throws: ``LedgerError/otherSettings(_:)``.
    package func check(stored: [UInt8]?) throws(LedgerError) {
        guard let stored, stored != Array(text.utf8) else { return }
        throw .otherSettings(Self.differences(String(decoding: stored, as: UTF8.self), text))
    }

    /// Writes spaces, commas, percent signs and control characters as `%` and two digits, so that a list of settings and
    /// a list of statuses can be read in one way only.
    private static func escaped(_ value: String) -> String {
        var bytes: [UInt8] = []
        for byte in value.utf8 {
            if byte <= 0x20 || byte == 0x7f || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "%") {
                bytes += Array("%\(byte < 16 ? "0" : "")\(String(byte, radix: 16, uppercase: true))".utf8)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Which settings differ, with both values: `shards=1 there and shards=2 here`.
    private static func differences(_ stored: String, _ ours: String) -> String {
        let (there, here) = (stored.split(separator: " "), ours.split(separator: " "))
        func word(_ setting: Substring) -> Substring { setting.prefix { $0 != "=" } }
        func setting(_ word: Substring, _ settings: [Substring]) -> Substring {
            settings.first { $0.hasPrefix("\(word)=") } ?? "no \(word)"
        }
        var words = here.map(word)
        for other in there.map(word) where !words.contains(other) { words.append(other) }
        return words.filter { setting($0, there) != setting($0, here) }
            .map { "\(setting($0, there)) there and \(setting($0, here)) here" }.joined(separator: "; ")
    }
}
