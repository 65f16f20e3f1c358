internal import Foundation
internal import SalesTargets

/// A sales order as vtiger sends it: as its webservice answers it, or as the row of its table in a CloudEvent.
struct VtigerEvent {
    static let prefix = "com.vtiger.SalesOrder."

    let settings: EventSettings

    /// What the two shapes call the same things.
    private struct Names {
        let owner: StaticString
        let status: StaticString
        let account: StaticString
        let grandTotal: StaticString
    }

    private static let row = Names(owner: "smownerid", status: "sostatus", account: "accountid", grandTotal: "total")
    private static let answer = Names(
        owner: "assigned_user_id",
        status: "sostatus",
        account: "account_id",
        grandTotal: "hdnGrandTotal"
    )

    /// The data of `com.vtiger.SalesOrder.saved | deleted | restored`.
    func tableRow(_ data: inout Members, type: String) throws(EventError) -> Event {
        let id = try recordNumber(&data, "id")
        let isDeletedRow = try data.text("deleted") == "1"
        switch type.dropFirst(Self.prefix.count) {
        case "deleted": return event(id, .deleted(version: nil))
        case "saved" where isDeletedRow: return event(id, .deleted(version: nil))
        case "saved", "restored":
            let code = try data.requiredText("currency_code")
            guard let currency = Currency(code) else {
                throw data.failure("currency_code", "\(Members.quoted(code)) is not a currency of ISO 4217")
            }
            return event(id, .saved(try order(&data, id: id, Self.row, currency), listed: nil, version: nil))
        default: throw EventError(member: "type", reason: "\(Members.quoted(type)) is not known")
        }
    }

    /// A record as `retrieve` answers it. It names the currency by a number of vtiger's own: with a rate of 1 it is taken
    /// as the reporting one, and otherwise goes without a name.
    func webservice(_ data: inout Members) throws(EventError) -> Event {
        let id = try recordNumber(&data, "id")
        let isReporting = try data.decimal("conversion_rate") == .one
        let order = try order(&data, id: id, Self.answer, isReporting ? settings.currency : .unnamed)
        return event(id, .saved(order, listed: nil, version: nil))
    }

    private func event(_ id: Identifier, _ change: OrderChange) -> Event {
        Event(tenant: settings.defaultTenant, .order(id, change))
    }

    private func order(
        _ data: inout Members,
        id: Identifier,
        _ names: Names,
        _ currency: Currency
    ) throws(EventError) -> Order {
        let total: Int64
        switch settings.vtigerAmount {
        case .grandTotal: total = try data.money(names.grandTotal, in: currency)
        case .preTaxTotal: total = try data.money("pre_tax_total", in: currency)
        }
        guard try data.decimal("conversion_rate") != nil else { throw data.missing("conversion_rate") }
        let decoder = EventDecoder(settings)
        let rate = try decoder.exchangeRate(&data, "conversion_rate", total: total, currency: currency)
        return Order(
            id: id,
            number: try data.text("salesorder_no") ?? "",
            subject: try data.text("subject") ?? "",
            account: try data.text(names.account).map(Self.recordNumber) ?? "",
            owner: try recordNumber(&data, names.owner),
            total: total,
            currency: currency,
            exchangeRate: rate,
            date: try date(&data),
            status: try data.text(names.status) ?? ""
        )
    }

    /// `6x7`, `"7"` and `7` are one record: the number before the x is the module's, and vtiger never uses a record's
    /// number twice.
    private func recordNumber(_ data: inout Members, _ name: StaticString) throws(EventError) -> Identifier {
        guard let node = data.find(name) else { throw data.missing(name) }
        let text = data.scalar(node)
        guard let id = text.map(Self.recordNumber).flatMap({ Identifier($0) }) else {
            throw data.failure("\(name)", "is not an id of vtiger")
        }
        return id
    }

    private static func recordNumber(_ text: String) -> String {
        let parts = text.split(separator: "x", omittingEmptySubsequences: false)
        let isQualified = parts.count == 2 && parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy(isDigit) }
        return isQualified ? String(parts[1]) : text
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") <= 9 }

    private func date(_ data: inout Members) throws(EventError) -> Day {
        switch settings.vtigerDate {
        case .created: return try createdDay(&data)
        case .field(let name):
            var name = name
            let node = name.withUTF8 { data.find($0) }
            guard let text = node.flatMap({ data.scalar($0) }), let day = Day(text) else {
                throw data.failure(name, "is not a date YYYY-MM-DD")
            }
            return day
        }
    }

    /// `createdtime` is UTC without saying so; it counts on the day it is in the tenant's time zone.
    private func createdDay(_ data: inout Members) throws(EventError) -> Day {
        let text = try data.requiredText("createdtime")
        let parts = text.split(separator: " ")
        let clock = parts.count == 2 ? parts[1].split(separator: ":").compactMap { UInt8($0) } : []
        guard let day = parts.first.flatMap({ Day(String($0)) }), clock.count == 3, clock[0] < 24, clock[1] < 60,
            clock[2] < 61
        else { throw data.failure("createdtime", "\(Members.quoted(text)) is not YYYY-MM-DD HH:MM:SS") }
        let seconds = Int(clock[0]) * 3_600 + Int(clock[1]) * 60 + Int(clock[2])
        let moment = Date(timeIntervalSince1970: Double(day.number * 86_400 + seconds))
        let local = day.number * 86_400 + seconds + settings.timeZone.secondsFromGMT(for: moment)
        guard let localDay = Day(number: Int((Double(local) / 86_400).rounded(.down))) else {
            throw data.failure("createdtime", "\(Members.quoted(text)) is out of bounds")
        }
        return localDay
    }
}
