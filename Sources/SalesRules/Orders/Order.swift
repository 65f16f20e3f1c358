/// A sales order as its source last saved it.
public struct Order: Hashable, Sendable {
    /// Unique within the tenant.
    public var id: Identifier
    /// The number that people use for it; empty when the source gives none.
    public var number: String
    /// What it is about; may be empty.
    public var subject: String
    /// The customer; may be empty.
    public var account: String
    /// Who is credited with it when it has no allocations.
    public var owner: Identifier
    /// In major units of ``currency``, exactly as the source wrote it; below zero for a credit note.
    public var total: Decimal
    /// The currency of ``total`` and of its allocations' amounts.
    public var currency: Currency
    /// Units of ``currency`` for one unit of the reporting currency; above zero.
    public var exchangeRate: Decimal
    /// The day it counts on.
    public var date: Day
    /// As the source writes it, `Approved` for example; may be empty.
    public var status: String

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
        self.id = id
        self.number = number
        self.subject = subject
        self.account = account
        self.owner = owner
        self.total = total
        self.currency = currency
        self.exchangeRate = exchangeRate
        self.date = date
        self.status = status
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
