internal import Ledger
package import SalesRules

/// The orders of one shard that result from the log, and the days on which they count. Entries are in a temporary file;
/// in memory an order needs about 50 bytes.
///
/// Entries are made by ``OrderEntry/apply(_:)``, as in a worker. Everything else is computed from the entries at each
/// call, by ``Rules`` but without the code of postings.
package final class OrderFold {
    /// The number of the shard.
    package let shard: Int
    private let rules: Rules
    private let file: SpillFile
    /// A hash table with linear probing: the order's number + 1, or 0 for an empty place.
    private var table: [UInt32] = Array(repeating: 0, count: 1 << 10)
    /// By order number: the upper half of the key's hash.
    private var tags: [UInt32] = []
    /// By order number: offset in the file × 2^24 + length of the record.
    private var locations: [UInt64] = []
    /// By order number: the position of its last event.
    private var newest: [RecordPlace] = []
    private var owners: [DayOwner] = []
    private var ownerNumbers: [DayOwner: UInt32] = [:]
    /// The orders that may count on a day. An order can be listed twice, or no longer count there. Nil before
    /// ``findDays(progress:)``.
    private var candidates: [PersonDay: [UInt32]]?

    /// A salesperson, or all people of a tenant together.
    package struct DayOwner: Hashable, Sendable {
        /// The tenant of the people.
        package let tenant: Identifier
        /// Nil for all people together.
        package let person: Identifier?
    }

    /// A day of an owner.
    package struct PersonDay: Hashable, Sendable {
        let owner: UInt32
        let day: Int32
    }

    /// The position of an event of an order.
    package struct RecordPlace: Hashable, Sendable {
        let partition: UInt16
        let offset: Int64
    }

    init(shard: Int, rules: Rules, file: SpillFile) {
        self.shard = shard
        self.rules = rules
        self.file = file
    }

    /// The number of orders. Orders are numbered from 0.
    package var count: Int { locations.count }

    /// Applies an event of the log.
    func apply(_ change: OrderChange, to order: TenantScoped, isRestated: Bool, at place: RecordPlace) throws {
        let key = Array(order.description.utf8)
        let slot = try find(key)
        var entry = try slot.map { try self[$0].entry } ?? OrderEntry()
        let old = entry
        do throws(BoundExceeded) {
            guard try isRestated ? entry.restate(change) : entry.apply(change) else { return }
        } catch {
            // It is applied; a worker also writes it to the dead-letter topic.
        }
        if let slot { newest[slot] = place }
        if entry != old { try put(entry, replacing: old, at: slot, key: key, place) }
    }

    /// Stores an entry from Redis without a check.
    func load(_ entry: OrderEntry, of order: TenantScoped) throws {
        let key = Array(order.description.utf8)
        let slot = try find(key)
        let old = try slot.map { try self[$0].entry } ?? OrderEntry()
        try put(entry, replacing: old, at: slot, key: key, RecordPlace(partition: .max, offset: -1))
    }

    private func put(
        _ entry: OrderEntry,
        replacing old: OrderEntry,
        at slot: Int?,
        key: [UInt8],
        _ place: RecordPlace
    ) throws {
        var record = [UInt8(truncatingIfNeeded: key.count >> 8), UInt8(truncatingIfNeeded: key.count)] + key
        EntryCodec.write(entry, revision: entry.revision, reporting: rules.currency, to: &record)
        let number: Int
        if let slot {
            number = slot
            let (offset, count) = Self.unpack(locations[slot])
            if record.count <= count {
                try file.overwrite(record, at: offset)
                locations[slot] = Self.pack(offset, record.count)
            } else {
                locations[slot] = Self.pack(try file.append(record), record.count)
            }
        } else {
            number = locations.count
            locations.append(Self.pack(try file.append(record), record.count))
            newest.append(place)
            try enter(number, hash: Self.hash(key))
        }
        guard candidates != nil, let order = TenantScoped(String(decoding: key, as: UTF8.self)) else { return }
        note(number, of: order, worth: rules.worth(of: entry), replacing: rules.worth(of: old))
    }

    /// The order with this number and its entry.
    package subscript(slot: Int) -> (order: TenantScoped, entry: OrderEntry) {
        get throws {
            let record = try record(slot)
            let end = 2 + (Int(record[0]) << 8 | Int(record[1]))
            guard let order = TenantScoped(String(decoding: record[2..<end], as: UTF8.self)) else {
                throw CorruptRecord(place: "the temporary file", reason: "the key of an order is not valid")
            }
            return (order, try EntryCodec.decode(record[end...], id: order.id, reporting: rules.currency))
        }
    }

    /// The order's number; nil if the fold does not have the order.
    package func slot(of order: TenantScoped) throws -> Int? { try find(Array(order.description.utf8)) }

    /// The position of the last event of the order with this number.
    func newestPlace(of slot: Int) -> RecordPlace { newest[slot] }

    private func record(_ slot: Int) throws -> [UInt8] {
        let (offset, count) = Self.unpack(locations[slot])
        return try file.read(at: offset, count: count)
    }

    private static func pack(_ offset: Int, _ count: Int) -> UInt64 { UInt64(offset) << 24 | UInt64(count) }

    private static func unpack(_ location: UInt64) -> (offset: Int, count: Int) {
        (Int(location >> 24), Int(location & 0xff_ffff))
    }
}

// The hash table.
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

    private func enter(_ slot: Int, hash: UInt64) throws {
        tags.append(UInt32(truncatingIfNeeded: hash >> 32))
        if locations.count * 3 > table.count * 2 { try grow() }
        insert(slot, hash: hash)
    }

    private func insert(_ slot: Int, hash: UInt64) {
        var index = Int(truncatingIfNeeded: hash) & (table.count - 1)
        while table[index] != 0 { index = (index + 1) & (table.count - 1) }
        table[index] = UInt32(slot + 1)
    }

    private func grow() throws {
        table = Array(repeating: 0, count: table.count * 2)
        for slot in 0..<locations.count - 1 {
            let record = try record(slot)
            let end = 2 + (Int(record[0]) << 8 | Int(record[1]))
            insert(slot, hash: Self.hash(Array(record[2..<end])))
        }
    }
}

// The days on which orders count.
extension OrderFold {
    /// Finds the days on which orders count. Later events keep them up to date.
    /// - Parameter progress: called from time to time with the number of orders done.
    package func findDays(progress: (Int) -> Void) throws {
        candidates = [:]
        for slot in 0..<count {
            let (order, entry) = try self[slot]
            note(slot, of: order, worth: rules.worth(of: entry), replacing: nil)
            if slot % 1_024 == 0 { progress(slot) }
        }
    }

    private func note(_ slot: Int, of order: TenantScoped, worth: OrderWorth?, replacing old: OrderWorth?) {
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

    /// The days on which an order may count, sorted by owner, with the number of listed orders.
    package var days: [(day: PersonDay, orders: Int)] {
        (candidates ?? [:]).map { ($0.key, $0.value.count) }.sorted {
            ($0.0.owner, $0.0.day) < ($1.0.owner, $1.0.day)
        }
    }

    /// Whether an order may count for this owner on a day.
    func hasCandidates(_ owner: DayOwner, on day: Day) -> Bool {
        guard let number = ownerNumbers[owner] else { return false }
        return candidates?[PersonDay(owner: number, day: Int32(day.number))] != nil
    }

    func owner(of day: PersonDay) -> DayOwner { owners[Int(day.owner)] }

    /// An order's part in the tally of a day.
    struct DayPart {
        let order: Identifier
        let amount: Int64
        let isSplit: Bool
    }

    /// The orders that count on a day, each once, computed from the entries.
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
