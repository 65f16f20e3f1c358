/// The names of all members that the program reads, in every form of an event or a request.
enum MemberName: UInt8, CaseIterable {
    // The program's own events.
    case type, tenant, id, version, edit, restated
    case number, subject, account, owner, total, currency, exchangeRate, date, status, allocations
    case order, salesperson, percent, amount
    case name, email, measure, goal, start, end, assignees, inYear, widget, year
    // Requests.
    case from, to
    // CloudEvents.
    case specversion, data, dataBase64
    // vtiger.
    case success, result, hdnGrandTotal, assignedUser, salesOrderNumber, salesOrderStatus, createdTime
    case conversionRate, accountOfAnswer, preTaxTotal, ownerOfRow, accountOfRow, currencyCode, deleted

    var text: String {
        switch self {
        case .dataBase64: "data_base64"
        case .assignedUser: "assigned_user_id"
        case .salesOrderNumber: "salesorder_no"
        case .salesOrderStatus: "sostatus"
        case .createdTime: "createdtime"
        case .conversionRate: "conversion_rate"
        case .accountOfAnswer: "account_id"
        case .preTaxTotal: "pre_tax_total"
        case .ownerOfRow: "smownerid"
        case .accountOfRow: "accountid"
        case .currencyCode: "currency_code"
        default: String(describing: self)
        }
    }

    /// Nil for a name that the program does not read.
    init?(_ text: UnsafeBufferPointer<UInt8>) { self.init(text, in: 0..<text.count) }

    /// Nil for a name that the program does not read.
    init?(_ text: UnsafeBufferPointer<UInt8>, in range: Range<Int>) {
        guard let spelling = Self.spelling(text, range) else { return nil }
        var slot = Self.slot(spelling)
        while Self.spellings[slot] != 0 {
            if Self.spellings[slot] == spelling {
                self = Self.names[slot]
                return
            }
            slot = (slot + 1) % Self.slots
        }
        return nil
    }

    /// The size of a hash table with open addressing: a name is in its own slot or in the next free one after it.
    private static let slots = 256
    private static let spellings: [UInt128] = table.map(\.spelling)
    private static let names: [MemberName] = table.map(\.name)

    private static let table: [(spelling: UInt128, name: MemberName)] = {
        var table: [(spelling: UInt128, name: MemberName)] = Array(repeating: (0, .type), count: slots)
        for name in allCases {
            let spelling = Array(name.text.utf8).withUnsafeBufferPointer { Self.spelling($0, 0..<$0.count) }!
            var slot = slot(spelling)
            while table[slot].spelling != 0 { slot = (slot + 1) % slots }
            table[slot] = (spelling, name)
        }
        return table
    }()

    /// A text of 1 to 16 bytes as one number, so that two texts are compared in one step; no name is longer. Nil also
    /// for a text with a zero byte at the start of either half: no name has one, and two texts could have the
    /// same number.
    private static func spelling(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> UInt128? {
        guard (1...16).contains(range.count) else { return nil }
        let start = range.lowerBound
        guard text[start] != 0, range.count <= 8 || text[start + 8] != 0 else { return nil }
        let low = word(text, from: start, count: min(8, range.count))
        let high = range.count > 8 ? word(text, from: start + 8, count: range.count - 8) : 0
        return UInt128(high) << 64 | UInt128(low)
    }

    /// Up to eight bytes, the first one highest.
    private static func word(_ text: UnsafeBufferPointer<UInt8>, from start: Int, count: Int) -> UInt64 {
        if start + 8 <= text.count {
            let bytes = UnsafeRawBufferPointer(text)
            let word = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self))
            return word >> UInt64(64 - 8 * count)
        }
        var word: UInt64 = 0
        for place in start..<start + count { word = word << 8 | UInt64(text[place]) }
        return word
    }

    /// The highest bits of a product depend on all bits of its factor (Knuth's multiplicative hashing).
    private static func slot(_ spelling: UInt128) -> Int {
        let folded = UInt64(truncatingIfNeeded: spelling) ^ UInt64(truncatingIfNeeded: spelling >> 64)
        return Int((folded &* 0x9e37_79b9_7f4a_7c15) >> 56)
    }
}
