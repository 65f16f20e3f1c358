internal import Foundation
public import SalesRules

/// The settings of decoding.
public struct EventSettings: Sendable {
    /// The tenant of events that name no tenant.
    public var defaultTenant: Identifier
    /// The reporting currency.
    public let currency: Currency
    /// The field that is a vtiger order's total.
    public let vtigerAmount: VtigerAmount
    /// The field that is a vtiger order's date.
    public let vtigerDate: VtigerDate
    /// The time zone that turns times into dates.
    let timeZone: TimeZone

    /// A field that can be a vtiger order's total.
    public enum VtigerAmount: String, CaseIterable, Sendable {
        /// With taxes and shipping: `hdnGrandTotal`, or `total` in a table row.
        case grandTotal = "hdnGrandTotal"
        /// Without taxes.
        case preTaxTotal = "pre_tax_total"
    }

    /// A field that can be a vtiger order's date.
    public enum VtigerDate: Hashable, Sendable {
        /// `createdtime`, which is in UTC. It becomes a date in the time zone of the settings.
        case created
        /// `duedate` or a custom field `cf_…`, which contain dates.
        case field(String)

        /// Reads `createdtime`, `duedate` or `cf_…`; nil for another text.
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
