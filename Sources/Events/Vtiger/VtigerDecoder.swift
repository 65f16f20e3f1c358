internal import SalesRules

/// Decodes sales orders of vtiger: the answer of its webservice, or the row of its table in a CloudEvent
/// (docs/CONTRACT.md, "Also accepted").
struct VtigerDecoder {
    static let prefix = "com.vtiger.SalesOrder."

    let settings: EventSettings

    /// The names of the members that differ between the two forms.
    private struct Names {
        let owner: MemberName
        let account: MemberName
        let grandTotal: MemberName

        static let row = Names(owner: .ownerOfRow, account: .accountOfRow, grandTotal: .total)
        static let answer = Names(owner: .assignedUser, account: .accountOfAnswer, grandTotal: .hdnGrandTotal)
    }

    /// Whether an object without a type is a sales order from the webservice.
    static func isOrder(_ data: Members) -> Bool {
        data.has(.hdnGrandTotal) && data.has(.assignedUser)
    }

    /// Decodes the data of a CloudEvent of type `com.vtiger.SalesOrder.saved`, `.deleted` or `.restored`.
    func tableRow(_ data: Members, type: String) throws(EventError) -> Event {
        let id = try data.requiredRecordNumber(.id)
        let isDeleted = try data.integer(.deleted) ?? 0
        guard isDeleted == 0 || isDeleted == 1 else { throw data.failure(.deleted, "is neither 0 nor 1") }
        switch type.dropFirst(Self.prefix.count) {
        case "deleted": return event(id, .deleted(version: nil))
        case "saved" where isDeleted == 1: return event(id, .deleted(version: nil))
        case "saved", "restored":
            return event(id, .saved(try order(data, id: id, .row), listed: nil, version: nil))
        default: throw EventError(member: "type", reason: "\(EventError.quoting(type)) is not known")
        }
    }

    /// Decodes a record as the webservice's `retrieve` returns it.
    func webservice(_ data: Members) throws(EventError) -> Event {
        let id = try data.requiredRecordNumber(.id)
        return event(id, .saved(try order(data, id: id, .answer), listed: nil, version: nil))
    }

    /// Decodes the same inside vtiger's `{"success":true,"result":…}`.
    func answer(_ data: Members) throws(EventError) -> Event {
        if data.isList(.result) { throw data.failure(.result, "is a list: send each order on its own") }
        guard let result = try data.object(.result) else { throw data.missing(.result) }
        guard Self.isOrder(result) else { throw data.failure(.result, "is not a sales order") }
        return try webservice(result)
    }

    private func event(_ id: Identifier, _ change: OrderChange) -> Event {
        Event(tenant: settings.defaultTenant, .order(id, change))
    }

    private func order(_ data: Members, id: Identifier, _ names: Names) throws(EventError) -> Order {
        guard let rate = try data.decimal(.conversionRate) else { throw data.missing(.conversionRate) }
        // The webservice gives the currency only as vtiger's own number, which is not a currency code.
        let currency =
            try data.currency(.currencyCode, usual: settings.currency) ?? (rate == .one ? settings.currency : .unnamed)
        let amount: MemberName =
            switch settings.vtigerAmount {
            case .grandTotal: names.grandTotal
            case .preTaxTotal: .preTaxTotal
            }
        let total = try data.requiredAmount(amount, in: currency)
        return Order(
            id: id,
            number: data.shownText(.salesOrderNumber),
            subject: data.shownText(.subject),
            account: try data.account(names.account),
            owner: try data.requiredRecordNumber(names.owner),
            total: total,
            currency: currency,
            exchangeRate: try data.exchangeRate(
                .conversionRate,
                total: total,
                in: currency,
                reporting: settings.currency
            ),
            date: try date(data),
            status: try data.boundedText(.salesOrderStatus)
        )
    }

    private func date(_ data: Members) throws(EventError) -> Day {
        switch settings.vtigerDate {
        case .created:
            let time = try data.text(.createdTime, "a time YYYY-MM-DD HH:MM:SS") { UTCTime(utf8: $0) }
            guard let time else { throw data.missing(.createdTime) }
            guard let day = time.day(in: settings.timeZone) else {
                throw data.failure(
                    .createdTime,
                    "is not in the years \(Day.years.lowerBound) to \(Day.years.upperBound)"
                )
            }
            return day
        case .field(let name):
            return try data.requiredText(named: name, "a date YYYY-MM-DD") { Day(utf8: $0) }
        }
    }
}

extension Members {
    /// The record number: `6x7`, `"7"` and `7` are the same record. The number before the `x` is the module's, and a
    /// record number is unique over all modules of vtiger.
    fileprivate func requiredRecordNumber(_ name: MemberName) throws(EventError) -> Identifier {
        guard let id = try scalar(name, "an id of vtiger", Self.recordNumber) else { throw missing(name) }
        return id
    }

    /// The account's record number; empty where the reference is empty: `""`, `0` in a row, `11x0` over the webservice.
    fileprivate func account(_ name: MemberName) throws(EventError) -> String {
        try scalar(name, "an id of vtiger") { text in
            let parts = text.split(separator: UInt8(ascii: "x"), maxSplits: 1, omittingEmptySubsequences: false)
            let isNone = parts.last.map { $0.isEmpty || $0.elementsEqual("0".utf8) } ?? true
            return isNone ? "" : Self.recordNumber(text)?.rawValue
        } ?? ""
    }

    private static func recordNumber(_ text: UnsafeBufferPointer<UInt8>) -> Identifier? {
        let parts = text.split(separator: UInt8(ascii: "x"), maxSplits: 1, omittingEmptySubsequences: false)
        guard let number = parts.last, number.first != UInt8(ascii: "0"),
            parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy { $0 &- UInt8(ascii: "0") <= 9 } })
        else { return nil }
        return Identifier(utf8: UnsafeBufferPointer(rebasing: number))
    }
}
