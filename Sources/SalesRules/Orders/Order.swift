/// A sales order as its source last saved it.
public struct Order: Hashable, Sendable {
    /// On its way from a record to Redis an order is handed on a dozen times, so its fields are in one object: a copy of
    /// it costs one reference.
    private final class Fields: Hashable, Sendable {
        let id, owner: Identifier
        let total, exchangeRate: Decimal
        let currency: Currency
        let date: Day
        let texts: OrderTexts

        init(
            id: Identifier,
            owner: Identifier,
            total: Decimal,
            currency: Currency,
            exchangeRate: Decimal,
            date: Day,
            texts: OrderTexts
        ) {
            self.id = id
            self.owner = owner
            self.total = total
            self.currency = currency
            self.exchangeRate = exchangeRate
            self.date = date
            self.texts = texts
        }

        static func == (left: Fields, right: Fields) -> Bool {
            left === right
                || left.id == right.id && left.owner == right.owner && left.total == right.total
                    && left.currency == right.currency && left.exchangeRate == right.exchangeRate
                    && left.date == right.date && left.texts == right.texts
        }

        func hash(into hasher: inout Hasher) { hasher.combine(id) }
    }

    private var fields: Fields

    /// An order. The exchange rate defaults to 1.
    public init(
        id: Identifier,
        owner: Identifier,
        total: Decimal,
        currency: Currency,
        exchangeRate: Decimal = .one,
        date: Day,
        texts: OrderTexts
    ) {
        fields = Fields(
            id: id,
            owner: owner,
            total: total,
            currency: currency,
            exchangeRate: exchangeRate,
            date: date,
            texts: texts
        )
    }

    /// An order. Texts default to empty, and the exchange rate to 1.
    public init(
        id: Identifier,
        number: String = "",
        subject: String = "",
        account: String = "",
        owner: Identifier,
        total: Decimal,
        currency: Currency,
        exchangeRate: Decimal = .one,
        date: Day,
        status: String = ""
    ) {
        self.init(
            id: id,
            owner: owner,
            total: total,
            currency: currency,
            exchangeRate: exchangeRate,
            date: date,
            texts: OrderTexts(status: status, number: number, subject: subject, account: account)
        )
    }

    /// Unique within the tenant.
    public var id: Identifier {
        get { fields.id }
        set { replace(id: newValue) }
    }

    /// Who is credited with it when it has no allocations.
    public var owner: Identifier {
        get { fields.owner }
        set { replace(owner: newValue) }
    }

    /// In major units of ``currency``, exactly as the source wrote it; below zero for a credit note.
    public var total: Decimal {
        get { fields.total }
        set { replace(total: newValue) }
    }

    /// The currency of ``total`` and of its allocations' amounts.
    public var currency: Currency {
        get { fields.currency }
        set { replace(currency: newValue) }
    }

    /// Units of ``currency`` for one unit of the reporting currency; above zero.
    public var exchangeRate: Decimal {
        get { fields.exchangeRate }
        set { replace(exchangeRate: newValue) }
    }

    /// The day it counts on.
    public var date: Day {
        get { fields.date }
        set { replace(date: newValue) }
    }

    /// Its number, subject, account and status.
    public var texts: OrderTexts {
        get { fields.texts }
        set { replace(texts: newValue) }
    }

    private mutating func replace(
        id: Identifier? = nil,
        owner: Identifier? = nil,
        total: Decimal? = nil,
        currency: Currency? = nil,
        exchangeRate: Decimal? = nil,
        date: Day? = nil,
        texts: OrderTexts? = nil
    ) {
        self = Order(
            id: id ?? self.id,
            owner: owner ?? self.owner,
            total: total ?? self.total,
            currency: currency ?? self.currency,
            exchangeRate: exchangeRate ?? self.exchangeRate,
            date: date ?? self.date,
            texts: texts ?? self.texts
        )
    }

    /// The number that people use for it; empty when the source gives none.
    public var number: String {
        get { texts[.number] }
        set { texts[.number] = newValue }
    }

    /// What it is about; may be empty.
    public var subject: String {
        get { texts[.subject] }
        set { texts[.subject] = newValue }
    }

    /// The customer; may be empty.
    public var account: String {
        get { texts[.account] }
        set { texts[.account] = newValue }
    }

    /// As the source writes it, `Approved` for example; may be empty.
    public var status: String {
        get { texts[.status] }
        set { texts[.status] = newValue }
    }
}

/// A share of an order for one salesperson.
public struct Allocation: Hashable, Sendable {
    /// Unique within the order.
    public var id: Identifier
    /// Who is credited.
    public var salesperson: Identifier
    /// How much of the order.
    public var limit: Limit

    /// A share for this salesperson.
    public init(id: Identifier, salesperson: Identifier, limit: Limit) {
        self.id = id
        self.salesperson = salesperson
        self.limit = limit
    }

    /// How much of an order's total an allocation credits (rule 1 in docs/CONTRACT.md).
    public enum Limit: Hashable, Sendable {
        /// The whole order.
        case whole
        /// A part of the total.
        case percent(Percent)
        /// At most this much, in major units of the order's currency; never below zero.
        case amount(Decimal)
    }
}

/// A percentage above 0 and up to 100, with at most four decimals (docs/CONTRACT.md, "Conventions").
public struct Percent: Hashable, Sendable, CustomStringConvertible {
    /// Ten-thousandths of a percent: 1 to 1,000,000.
    public let tenThousandths: Int

    /// 100 %.
    public static let hundred = Percent(tenThousandths: 1_000_000)!

    /// Nil outside of 1 to 1,000,000.
    public init?(tenThousandths: Int) {
        guard (1...1_000_000).contains(tenThousandths) else { return nil }
        self.tenThousandths = tenThousandths
    }

    /// Nil when the number is not above 0 and up to 100, or has more than four decimals.
    public init?(_ number: Decimal) {
        guard number.scale <= 4, let units = number.units, (1...1_000_000).contains(units) else { return nil }
        let factor = (number.scale..<4).reduce(1) { power, _ in power * 10 }
        self.init(tenThousandths: Int(units) * factor)
    }

    /// The shortest decimal: `40`, `33.3333`.
    public var description: String { Decimal(units: Int64(tenThousandths), scale: 4).description }
}
