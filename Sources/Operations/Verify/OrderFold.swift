internal import Ledger
package import SalesRules

/// The orders of one shard as the log leaves them, and which of them count on which day. Entries lie in a temporary
/// file; in memory an order takes some 50 bytes.
///
/// Entries are made by the rules' own ``OrderEntry/apply(_:)``. Everything else is worked out from the entries anew when
/// it is asked for, by none of the code that posts.
package final class OrderFold {
    /// The shard whose orders they are.
    package let shard: Int
    private let rules: Rules
    private let file: SpillFile
    /// Slots by hash, linearly probed; each one more than the slot's number, 0 where there is none.
    private var table: [UInt32] = Array(repeating: 0, count: 1 << 10)
    private var tags: [UInt32] = []
    /// Offset in the file × 2^24 + length.
    private var places: [UInt64] = []
    private var newest: [RecordPlace] = []
    private var owners: [DayOwner] = []
    private var ownerNumbers: [DayOwner: UInt32] = [:]
    /// The orders that may count on a day; some may have left it, or be there twice.
    private var candidates: [PersonDay: [UInt32]]?

    /// Whose days they are.
    package struct DayOwner: Hashable, Sendable {
        /// The organisation.
        package let tenant: Identifier
        /// Nil for everyone together.
        package let person: Identifier?
    }

    /// Someone's day.
    package struct PersonDay: Hashable, Sendable {
        let owner: UInt32
        let day: Int32
    }

    /// Where the log last said something of an order.
    package struct RecordPlace: Hashable, Sendable {
        let partition: UInt16
        let offset: Int64
    }

    init(shard: Int, rules: Rules, file: SpillFile) {
        self.shard = shard
        self.rules = rules
        self.file = file
    }

    /// How many orders there are; they are numbered from 0.
    package var count: Int { places.count }

    /// Takes in what the log says.
    func apply(_ change: OrderChange, to order: TenantScoped, at place: RecordPlace) throws {
        let key = Array(order.description.utf8)
        let slot = try find(key)
        var entry = try slot.map { try self[$0].entry } ?? OrderEntry()
        let old = entry
        do throws(OrderChangeRefusal) {
            guard try entry.apply(change) else { return }
        } catch {
            // A dead letter.
            return
        }
        if let slot { newest[slot] = place }
        if entry != old { try put(entry, instead: old, at: slot, key: key, place) }
    }

    /// Takes an entry as it is in Redis for right.
    func load(_ entry: OrderEntry, of order: TenantScoped) throws {
        let key = Array(order.description.utf8)
        let slot = try find(key)
        let old = try slot.map { try self[$0].entry } ?? OrderEntry()
        try put(entry, instead: old, at: slot, key: key, RecordPlace(partition: .max, offset: -1))
    }

    private func put(
        _ entry: OrderEntry,
        instead old: OrderEntry,
        at slot: Int?,
        key: [UInt8],
        _ place: RecordPlace
    ) throws {
        var record = [UInt8(truncatingIfNeeded: key.count >> 8), UInt8(truncatingIfNeeded: key.count)] + key
        EntryCodec.write(entry, revision: entry.revision, reporting: rules.currency, to: &record)
        let number: Int
        if let slot {
            number = slot
            let (offset, count) = Self.unpack(places[slot])
            if record.count <= count {
                try file.overwrite(record, at: offset)
                places[slot] = Self.pack(offset, record.count)
            } else {
                places[slot] = Self.pack(try file.append(record), record.count)
            }
        } else {
            number = places.count
            places.append(Self.pack(try file.append(record), record.count))
            newest.append(place)
            enter(number, hash: Self.hash(key))
        }
        guard candidates != nil, let order = TenantScoped(String(decoding: key, as: UTF8.self)) else { return }
        note(number, of: order, worth: rules.worth(of: entry), instead: rules.worth(of: old))
    }

    /// The order of this number and its entry.
    package subscript(slot: Int) -> (order: TenantScoped, entry: OrderEntry) {
        get throws {
            let record = try record(slot)
            let end = 2 + (Int(record[0]) << 8 | Int(record[1]))
            guard let order = TenantScoped(String(decoding: record[2..<end], as: UTF8.self)) else {
                throw CorruptRecord(place: "the audit's file", reason: "an order's key is not one")
            }
            return (order, try EntryCodec.decode(Array(record[end...]), id: order.id, reporting: rules.currency))
        }
    }

    /// The order's number; nil when the log says nothing of it.
    package func slot(of order: TenantScoped) throws -> Int? { try find(Array(order.description.utf8)) }

    /// Where the log last said something of the order of this number.
    func newestPlace(of slot: Int) -> RecordPlace { newest[slot] }

    private func record(_ slot: Int) throws -> [UInt8] {
        let (offset, count) = Self.unpack(places[slot])
        return try file.read(at: offset, count: count)
    }

    private static func pack(_ offset: Int, _ count: Int) -> UInt64 { UInt64(offset) << 24 | UInt64(count) }

    private static func unpack(_ place: UInt64) -> (offset: Int, count: Int) {
        (Int(place >> 24), Int(place & 0xff_ffff))
    }
}

// The table.
extension OrderFold {
    private static func hash(_ key: [UInt8]) -> UInt64 {
        var hash = FNV1a()
        hash.mix(key)
        return hash.value ^ hash.value >> 29
    }

    private func find(_ key: [UInt8]) throws -> Int? {
        let hash = Self.hash(key)
        let tag = UInt32(truncatingIfNeeded: hash >> 32)
        var index = Int(truncatingIfNeeded: hash) & (table.count - 1)
        while table[index] != 0 {
            let slot = Int(table[index]) - 1
            if tags[slot] == tag {
                let record = try record(slot)
                let length = Int(record[0]) << 8 | Int(record[1])
                if length == key.count, record[2..<2 + length].elementsEqual(key) { return slot }
            }
            index = (index + 1) & (table.count - 1)
        }
        return nil
    }

    private func enter(_ slot: Int, hash: UInt64) {
        tags.append(UInt32(truncatingIfNeeded: hash >> 32))
        if places.count * 3 > table.count * 2 { grow() }
        place(slot, hash: hash)
    }

    private func place(_ slot: Int, hash: UInt64) {
        var index = Int(truncatingIfNeeded: hash) & (table.count - 1)
        while table[index] != 0 { index = (index + 1) & (table.count - 1) }
        table[index] = UInt32(slot + 1)
    }

    private func grow() {
        table = Array(repeating: 0, count: table.count * 2)
        for slot in 0..<places.count - 1 {
            // The file has what it was made of, so reading cannot fail where it succeeded before.
            guard let record = try? record(slot) else { continue }
            let end = 2 + (Int(record[0]) << 8 | Int(record[1]))
            place(slot, hash: Self.hash(Array(record[2..<end])))
        }
    }
}

// Days.
extension OrderFold {
    /// Works out which orders count on which day; kept up to date from then on.
    /// - Parameter progress: called now and then with how many orders are done.
    package func findDays(progress: (Int) -> Void) throws {
        candidates = [:]
        for slot in 0..<count {
            let (order, entry) = try self[slot]
            note(slot, of: order, worth: rules.worth(of: entry), instead: nil)
            if slot % 1_024 == 0 { progress(slot) }
        }
    }

    private func note(_ slot: Int, of order: TenantScoped, worth: OrderWorth?, instead old: OrderWorth?) {
        guard let worth else { return }
        func add(_ person: Identifier?) {
            let key = PersonDay(
                owner: number(of: DayOwner(tenant: order.tenant, person: person)),
                day: Int32(worth.day.number)
            )
            candidates?[key, default: []].append(UInt32(slot))
        }
        let hasMoved = old?.day != worth.day
        if hasMoved { add(nil) }
        for credit in worth.credits {
            if hasMoved || old?.credits.contains(where: { $0.salesperson == credit.salesperson }) == false {
                add(credit.salesperson)
            }
        }
    }

    private func number(of owner: DayOwner) -> UInt32 {
        if let number = ownerNumbers[owner] { return number }
        let number = UInt32(owners.count)
        owners.append(owner)
        ownerNumbers[owner] = number
        return number
    }

    /// Everyone's days on which an order may count, each person's together, and how many orders that may be.
    package var days: [(day: PersonDay, orders: Int)] {
        (candidates ?? [:]).map { ($0.key, $0.value.count) }.sorted {
            ($0.0.owner, $0.0.day) < ($1.0.owner, $1.0.day)
        }
    }

    /// Whether an order may count for someone on a day.
    func hasCandidates(_ owner: DayOwner, on day: Day) -> Bool {
        guard let number = ownerNumbers[owner] else { return false }
        return candidates?[PersonDay(owner: number, day: Int32(day.number))] != nil
    }

    func owner(of day: PersonDay) -> DayOwner { owners[Int(day.owner)] }

    /// What an order counts on someone's day.
    struct DayPart {
        let order: Identifier
        let amount: Int64
        let isSplit: Bool
    }

    /// The orders that count on someone's day, each once, as the entries have it.
    func parts(of day: PersonDay) throws -> [DayPart] {
        let person = owners[Int(day.owner)].person
        var parts: [DayPart] = []
        for slot in Set(candidates?[day] ?? []) {
            let (order, entry) = try self[Int(slot)]
            guard let worth = rules.worth(of: entry), worth.day.number == Int(day.day) else { continue }
            let amount =
                person == nil
                ? worth.tallyOfAll?.revenue : worth.credits.first { $0.salesperson == person }?.amount
            guard let amount else { continue }
            parts.append(DayPart(order: order.id, amount: amount, isSplit: worth.credits.count > 1))
        }
        return parts
    }

    /// Calls `body` with every order that credits several people.
    func forEachSplit(_ body: (TenantScoped, OrderWorth) throws -> Void) throws {
        for slot in 0..<count {
            let (order, entry) = try self[slot]
            guard let worth = rules.worth(of: entry), worth.credits.count > 1 else { continue }
            try body(order, worth)
        }
    }
}
