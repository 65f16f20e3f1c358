internal import SalesRules

/// Reads `order.saved` in the form that nearly all records have: plain texts, the reporting currency, and no member that
/// matters only elsewhere. It makes one pass over the bytes, and no object for what is not kept.
///
/// It never refuses: whatever is unusual or wrong is left to ``JSONTape`` and ``NativeDecoder``. What it reads, it reads
/// as they do, and a test compares both.
struct OrderScanner {
    private typealias Bytes = PlainScanner.Bytes

    private let settings: EventSettings
    private var isSaved = false
    private var tenant, id, owner: Identifier?
    private var version: Int64?
    private var total: Decimal?
    private var date: Day?
    private var status, number, subject, account: Bytes?
    private var allocations: [Allocation]?

    /// The event in a record's value; nil for anything that has to be decoded in the general way.
    static func event(_ value: UnsafeBufferPointer<UInt8>, settings: EventSettings) -> Event? {
        var text = PlainScanner(value)
        var order = OrderScanner(settings: settings)
        guard text.object({ (text, name) in order.read(name, from: &text) }), text.isAtEnd() else { return nil }
        return order.event
    }

    private init(settings: EventSettings) { self.settings = settings }

    private mutating func read(_ name: MemberName, from text: inout PlainScanner) -> Bool {
        switch name {
        case .type:
            isSaved = text.string().map { Self.equals($0, "order.saved") } ?? false
            return isSaved
        case .tenant: return Self.read(&tenant, text.string().flatMap { Identifier(utf8: $0) })
        case .id: return Self.read(&id, text.string().flatMap { Identifier(utf8: $0) })
        case .owner: return Self.read(&owner, Self.person(text.string()))
        case .version: return Self.read(&version, text.integer())
        case .total: return Self.read(&total, text.decimal())
        case .currency: return text.string().map(settings.currency.hasCode) ?? false
        case .date: return Self.read(&date, text.string().flatMap { Day(utf8: $0) })
        case .status: return Self.read(&status, Self.short(text.string()))
        case .number: return Self.read(&number, Self.short(text.string()))
        case .subject: return Self.read(&subject, Self.short(text.string()))
        case .account: return Self.read(&account, Self.short(text.string()))
        case .allocations: return readAllocations(from: &text)
        default: return false
        }
    }

    private static func read<Value>(_ place: inout Value?, _ value: Value?) -> Bool {
        place = value
        return value != nil
    }

    private static func equals(_ bytes: Bytes, _ word: StaticString) -> Bool {
        bytes.count == word.utf8CodeUnitCount && bytes.indices.allSatisfy { bytes[$0] == word.utf8Start[$0] }
    }

    private static func person(_ bytes: Bytes?) -> Identifier? {
        bytes.flatMap { Identifier(utf8: $0) }.flatMap { $0.isPerson ? $0 : nil }
    }

    /// A text that is not cut, and within all bounds.
    private static func short(_ bytes: Bytes?) -> Bytes? {
        bytes.flatMap { $0.count <= ShownText.maximum ? $0 : nil }
    }

    private mutating func readAllocations(from text: inout PlainScanner) -> Bool {
        var allocations: [Allocation] = []
        let isRead = text.list { text in
            guard allocations.count < OrderEntry.maximumAllocations, let next = Self.allocation(from: &text),
                !allocations.contains(where: { $0.id == next.id })
            else { return false }
            allocations.append(next)
            return true
        }
        self.allocations = allocations
        return isRead
    }

    private static func allocation(from text: inout PlainScanner) -> Allocation? {
        var id, salesperson: Identifier?
        var limit = Allocation.Limit.whole
        let isRead = text.object { text, name in
            switch name {
            case .id: return read(&id, text.string().flatMap { Identifier(utf8: $0) })
            case .salesperson: return read(&salesperson, person(text.string()))
            case .percent:
                guard case .whole = limit, let percent = text.decimal().flatMap({ Percent($0) }) else { return false }
                limit = .percent(percent)
                return true
            case .amount:
                guard case .whole = limit, let amount = text.decimal(), Money.minorUnits(of: amount, in: .yen) != nil
                else { return false }
                limit = .amount(amount.absolute)
                return true
            default: return false
            }
        }
        guard isRead, let id, let salesperson else { return nil }
        return Allocation(id: id, salesperson: salesperson, limit: limit)
    }

    private var event: Event? {
        guard isSaved, let id, let owner, let total, let date,
            Money.minorUnits(of: total, in: settings.currency) != nil
        else { return nil }
        let texts = OrderTexts(status: status, number: number, subject: subject, account: account)
        let order = Order(
            id: id,
            owner: owner,
            total: total,
            currency: settings.currency,
            date: date,
            texts: texts
        )
        let version = RecordVersion(number: version)
        return Event(
            tenant: tenant ?? settings.defaultTenant,
            .order(id, .saved(order, listed: allocations, version: version))
        )
    }
}
