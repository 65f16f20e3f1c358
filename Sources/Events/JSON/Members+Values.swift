internal import SalesRules

extension Members {
    func id(_ name: MemberName) throws(EventError) -> Identifier? {
        try text(name, "an id") { Identifier(utf8: $0) }
    }

    func requiredID(_ name: MemberName) throws(EventError) -> Identifier {
        guard let id = try id(name) else { throw missing(name) }
        return id
    }

    /// The id of a person. `all` is nobody's: it stands for everyone.
    func personID(_ name: MemberName) throws(EventError) -> Identifier? {
        guard let id = try id(name) else { return nil }
        guard id.isPerson else { throw failure(name, "\(EventError.quoting(id.rawValue)) is nobody's id") }
        return id
    }

    func requiredPersonID(_ name: MemberName) throws(EventError) -> Identifier {
        guard let id = try personID(name) else { throw missing(name) }
        return id
    }

    func requiredDay(_ name: MemberName) throws(EventError) -> Day {
        guard let day = try text(name, "a date YYYY-MM-DD", { Day(utf8: $0) }) else { throw missing(name) }
        return day
    }

    /// - Parameter usual: the currency of most orders, for which no lookup is needed.
    func currency(_ name: MemberName, usual: Currency) throws(EventError) -> Currency? {
        try text(name, "a currency of ISO 4217") { text in
            usual.hasCode(text) ? usual : Currency(String(decoding: text, as: UTF8.self))
        }
    }

    func measure(_ name: MemberName) throws(EventError) -> Measure? {
        try text(name, "revenue or orders") { Measure(rawValue: String(decoding: $0, as: UTF8.self)) }
    }

    func year(_ name: MemberName) throws(EventError) -> Int? {
        guard let number = try integer(name) else { return nil }
        guard let year = Int(exactly: number), Day.years.contains(year) else {
            throw failure(name, "\(number) is not a year from \(Day.years.lowerBound) to \(Day.years.upperBound)")
        }
        return year
    }

    func requiredYear(_ name: MemberName) throws(EventError) -> Int {
        guard let year = try year(name) else { throw missing(name) }
        return year
    }

    func decimal(_ name: MemberName) throws(EventError) -> Decimal? {
        try number(name) { (digits, exponent) throws(NumberError) in try Decimal(utf8: digits, exponent: exponent) }
    }

    /// An amount of money, exactly. Rounded to the currency's minor unit it must be within the bound.
    func requiredAmount(_ name: MemberName, in currency: Currency) throws(EventError) -> Decimal {
        guard let amount = try decimal(name) else { throw missing(name) }
        guard Money.minorUnits(of: amount, in: currency) != nil else { throw failure(name, "\(amount) is too large") }
        return amount
    }

    /// A whole number without a point or an exponent.
    func integer(_ name: MemberName) throws(EventError) -> Int64? {
        let number = try number(name) { (digits, _) -> (value: Int64?, quotation: String) in
            let value = digits.first == UInt8(ascii: "+") ? nil : Int64(String(decoding: digits, as: UTF8.self))
            return (value, value == nil ? EventError.quoting(digits) : "")
        }
        guard let number else { return nil }
        guard let value = number.value else {
            throw failure(name, "\(number.quotation) is not a whole number of 64 bits")
        }
        return value
    }

    /// The order's exchange rate: 1 in the reporting currency, required for another. The converted total must stay
    /// within its bound.
    func exchangeRate(
        _ name: MemberName,
        total: Decimal,
        in currency: Currency,
        reporting: Currency
    ) throws(EventError) -> Decimal {
        guard let rate = try decimal(name) else {
            if currency == reporting { return .one }
            throw failure(name, "is missing, but the order is in \(currency), not in \(reporting)")
        }
        guard rate.isPositive else { throw failure(name, "\(rate) is not above zero") }
        guard currency != reporting || rate == .one else {
            throw failure(name, "\(rate) contradicts the currency: an order in \(reporting) has the rate 1")
        }
        guard Money.convert(total, rate: rate, to: reporting) != nil else {
            throw failure(name, "\(rate) makes the total too large")
        }
        return rate
    }
}
