internal import Foundation
public import SalesRules

/// What decoding has to know of its surroundings.
public struct EventSettings: Sendable {
    /// Whom an event belongs to that names no tenant.
    public var defaultTenant: Identifier
    /// The reporting currency.
    public let currency: Currency
    /// What a vtiger order's amount is.
    public let vtigerAmount: VtigerAmount
    /// What a vtiger order's date is.
    public let vtigerDate: VtigerDate
    let timeZone: TimeZone

    /// What of a vtiger order is its amount.
    public enum VtigerAmount: String, CaseIterable, Sendable {
        /// With taxes and shipping: `hdnGrandTotal`, or `total` in a table row.
        case grandTotal = "hdnGrandTotal"
        /// Without taxes.
        case preTaxTotal = "pre_tax_total"
    }

    /// Which of a vtiger order's fields is its date.
    public enum VtigerDate: Hashable, Sendable {
        /// `createdtime`, which is UTC without saying so, as a date of the time zone.
        case created
        /// `duedate` or a custom field `cf_…`, which hold dates.
        case field(String)

        /// Reads `createdtime`, `duedate` or `cf_…`.
        public init?(_ text: String) {
            if text == "createdtime" {
                self = .created
            } else if text == "duedate" || text.hasPrefix("cf_") {
                self = .field(text)
            } else {
                return nil
            }
        }
    }

    /// - Throws: when there is no such time zone.
    public init(
        defaultTenant: Identifier = Identifier("default")!,
        currency: Currency = .euro,
        timeZone: String = "UTC",
        vtigerAmount: VtigerAmount = .grandTotal,
        vtigerDate: VtigerDate = .created
    ) throws(EventError) {
        guard let zone = TimeZone(identifier: timeZone) else {
            throw EventError(member: "time-zone", reason: "\"\(timeZone)\" is not a time zone")
        }
        self.defaultTenant = defaultTenant
        self.currency = currency
        self.timeZone = zone
        self.vtigerAmount = vtigerAmount
        self.vtigerDate = vtigerDate
    }
}
