package import SalesRules

/// The form of an order's entry in Redis: a format byte, flags, and the fields that the flags announce. It does not
/// have the order's id, which is in the key.
package enum EntryCodec {
    private static let format: UInt8 = 2
    /// In place of a decimal's scale: it does not fit in 64 bits, and is written as a text.
    fileprivate static let longDecimal: UInt8 = 255

    private struct Flags: OptionSet {
        let rawValue: UInt8
        static let order = Flags(rawValue: 1)
        static let deleted = Flags(rawValue: 2)
        static let version = Flags(rawValue: 4)
        static let allocations = Flags(rawValue: 8)
        static let foreignCurrency = Flags(rawValue: 16)
        static let edit = Flags(rawValue: 32)
        static let list = Flags(rawValue: 64)
        static let all: Flags = [.order, .deleted, .version, .allocations, .foreignCurrency, .edit, .list]
    }

    /// - Parameter reporting: the reporting currency. An order in it with rate 1 is written without currency and rate.
    package static func encode(_ entry: OrderEntry, reporting: Currency) -> [UInt8] {
        var bytes: [UInt8] = []
        write(entry, revision: entry.revision, reporting: reporting, to: &bytes)
        return bytes
    }

    /// Appends the entry with this catalog revision to the bytes.
    package static func write(_ entry: OrderEntry, revision: Int64, reporting: Currency, to bytes: inout [UInt8]) {
        var flags: Flags = []
        let foreign = entry.order.map { $0.currency != reporting || $0.exchangeRate != .one } ?? false
        if entry.order != nil { flags.insert(.order) }
        if entry.isDeleted { flags.insert(.deleted) }
        if entry.hasList { flags.insert(.list) }
        let fields = entry.version.fields
        if fields & 1 != 0 { flags.insert(.version) }
        if fields & 2 != 0 { flags.insert(.edit) }
        if !entry.listed.isEmpty || !entry.own.isEmpty { flags.insert(.allocations) }
        if foreign { flags.insert(.foreignCurrency) }

        ByteWriter.append(to: &bytes) { writer in
            writer.byte(format)
            writer.byte(flags.rawValue)
            writer.unsigned(UInt64(bitPattern: revision))
            writer.version(entry.version)
            if let order = entry.order { write(order, foreign: foreign, to: &writer) }
            if flags.contains(.allocations) { writeAllocations(of: entry, to: &writer) }
        }
    }

    /// - Throws: ``CorruptRecord`` for bytes that this codec did not write.
    package static func decode(
        _ bytes: ArraySlice<UInt8>,
        id: Identifier,
        reporting: Currency
    ) throws(CorruptRecord) -> OrderEntry {
        var reader = ByteReader(bytes)
        guard try reader.byte() == format else { throw CorruptRecord(reason: "its format is unknown") }
        let flags = Flags(rawValue: try reader.byte())
        guard Flags.all.isSuperset(of: flags) else { throw CorruptRecord(reason: "it has unknown flags") }
        var entry = OrderEntry()
        entry.isDeleted = flags.contains(.deleted)
        entry.hasList = flags.contains(.list)
        entry.revision = Int64(bitPattern: try reader.unsigned())
        let fields: UInt8 = (flags.contains(.version) ? 1 : 0) | (flags.contains(.edit) ? 2 : 0)
        entry.version = try reader.version(fields: fields)
        if flags.contains(.order) {
            entry.order = try readOrder(
                id: id,
                reporting: flags.contains(.foreignCurrency) ? nil : reporting,
                from: &reader
            )
        }
        if flags.contains(.allocations) { try readAllocations(of: &entry, from: &reader) }
        try reader.end()
        return entry
    }

    private static func write(_ order: Order, foreign: Bool, to writer: inout ByteWriter) {
        writer.id(order.owner)
        writer.decimal(order.total)
        writer.signed(Int64(order.date.number))
        if foreign {
            writer.text(order.currency.code)
            writer.decimal(order.exchangeRate)
        }
        writer.append(order.texts.bytes)
    }

    private static func readOrder(
        id: Identifier,
        reporting: Currency?,
        from reader: inout ByteReader
    ) throws(CorruptRecord) -> Order {
        let owner = try reader.id()
        let total = try reader.decimal()
        let date = try reader.day()
        var currency = reporting
        var rate = Decimal.one
        if currency == nil {
            currency = Currency(try reader.text())
            rate = try reader.decimal()
        }
        guard let currency, rate.isPositive, Money.minorUnits(of: total, in: currency) != nil else {
            throw CorruptRecord(reason: "its money is out of bounds")
        }
        return Order(
            id: id,
            owner: owner,
            total: total,
            currency: currency,
            exchangeRate: rate,
            date: date,
            texts: try reader.texts()
        )
    }

    private static func writeAllocations(of entry: OrderEntry, to writer: inout ByteWriter) {
        writer.unsigned(UInt64(entry.listed.count))
        for allocation in entry.listed { writer.allocation(allocation) }
        writer.unsigned(UInt64(entry.own.count))
        for own in entry.own {
            writer.byte((own.allocation == nil ? 0 : 1) | own.version.fields << 1)
            writer.version(own.version)
            if let allocation = own.allocation { writer.allocation(allocation) } else { writer.id(own.id) }
        }
    }

    private static func readAllocations(
        of entry: inout OrderEntry,
        from reader: inout ByteReader
    ) throws(CorruptRecord) {
        for _ in 0..<(try reader.count(upTo: OrderEntry.maximumAllocations)) {
            entry.listed.append(try reader.allocation())
        }
        for _ in 0..<(try reader.count(upTo: OrderEntry.maximumOwn)) {
            let flags = try reader.byte()
            guard flags <= 7 else { throw CorruptRecord(reason: "an allocation has unknown flags") }
            let version = try reader.version(fields: flags >> 1)
            let allocation = flags & 1 == 0 ? nil : try reader.allocation()
            let id: Identifier
            if let allocation { id = allocation.id } else { id = try reader.id() }
            entry.own.append(OrderEntry.OwnAllocation(id: id, allocation: allocation, version: version))
        }
    }
}

extension ByteWriter {
    mutating func decimal(_ value: Decimal) {
        if let units = value.units {
            byte(UInt8(value.scale))
            signed(units)
        } else {
            byte(EntryCodec.longDecimal)
            text(value.description)
        }
    }

    mutating func allocation(_ allocation: Allocation) {
        id(allocation.id)
        id(allocation.salesperson)
        switch allocation.limit {
        case .whole: byte(0)
        case .percent(let percent):
            byte(1)
            unsigned(UInt64(percent.tenThousandths))
        case .amount(let amount):
            byte(2)
            decimal(amount)
        }
    }
}

extension ByteReader {
    mutating func decimal() throws(CorruptRecord) -> Decimal {
        let scale = try byte()
        if scale == EntryCodec.longDecimal {
            guard let value = try? Decimal(try text()) else { throw CorruptRecord(reason: "a decimal is not valid") }
            return value
        }
        guard scale <= Decimal.maximumScale else {
            throw CorruptRecord(reason: "a decimal has \(scale) digits after the point")
        }
        return Decimal(units: try signed(), scale: Int(scale))
    }

    mutating func allocation() throws(CorruptRecord) -> Allocation {
        let id = try id()
        let salesperson = try self.id()
        switch try byte() {
        case 0: return Allocation(id: id, salesperson: salesperson, limit: .whole)
        case 1:
            guard let parts = Int(exactly: try unsigned()), let percent = Percent(tenThousandths: parts) else {
                throw CorruptRecord(reason: "a percentage is out of bounds")
            }
            return Allocation(id: id, salesperson: salesperson, limit: .percent(percent))
        case 2:
            let amount = try decimal()
            guard !amount.isNegative else { throw CorruptRecord(reason: "an allocation's amount is below zero") }
            return Allocation(id: id, salesperson: salesperson, limit: .amount(amount))
        default: throw CorruptRecord(reason: "an allocation has an unknown limit")
        }
    }
}
