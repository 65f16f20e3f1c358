import Ledger
import Log
import Model
import SalesRules
import Testing

@Suite("Encoding of values in Redis")
struct CodecTests {
    private static func entries() -> [OrderEntry] {
        var random = SeededGenerator(seed: seedOfThisRun)
        var entries: [TenantScoped: OrderEntry] = [:]
        for event in History(seed: seedOfThisRun, events: 3_000, orders: 150) {
            guard case .order(let id, let change) = event.change else { continue }
            _ = try? entries[TenantScoped(tenant: event.tenant, id: id), default: OrderEntry()].apply(change)
        }
        return entries.sorted { $0.key.description < $1.key.description }.map {
            var entry = $0.value
            entry.order?.id = order
            // An order in the reporting currency may have a rate other than 1.
            if random.chance(50) { entry.order?.exchangeRate = Decimal(units: 10_001, scale: 4) }
            entry.revision = random.pick([0, 1, 127, 128, .max])
            entry.version = random.pick([
                entry.version, nil, -1, RecordVersion(.min), RecordVersion(.max), RecordVersion(number: nil, edit: 1),
                RecordVersion(number: .max, edit: .max),
            ])
            return entry
        }
    }

    private static let order = id("SO-1")

    private func decode(_ bytes: [UInt8]) throws(CorruptRecord) -> OrderEntry {
        try EntryCodec.decode(bytes[...], id: Self.order, reporting: .euro)
    }

    @Test("An entry can be read back")
    func entries() throws {
        for entry in Self.entries() + [OrderEntry()] {
            #expect(try decode(EntryCodec.encode(entry, reporting: .euro)) == entry, "seed \(seedOfThisRun)")
        }
    }

    @Test("A truncated entry is an error")
    func truncatedEntries() throws {
        for entry in Self.entries().prefix(60) {
            let bytes = EntryCodec.encode(entry, reporting: .euro)
            for length in 0..<bytes.count {
                #expect(throws: CorruptRecord.self) { try decode(Array(bytes.prefix(length))) }
            }
            #expect(throws: CorruptRecord.self) { try decode(bytes + [0]) }
        }
    }

    @Test("Changed bytes are an error or a valid entry")
    func changedEntries() throws {
        var random = SeededGenerator(seed: seedOfThisRun)
        var errors = 0
        for entry in Self.entries() {
            let whole = EntryCodec.encode(entry, reporting: .euro)
            for _ in 0..<40 {
                var bytes = whole
                for _ in 0..<Int.random(in: 1...3, using: &random) {
                    bytes[Int.random(in: 0..<bytes.count, using: &random)] = random.pick([0, 1, 127, 128, 255])
                }
                do throws(CorruptRecord) {
                    let some = try decode(bytes)
                    _ = Rules(ownerCredit: .remainder).worth(of: some)
                    #expect(try decode(EntryCodec.encode(some, reporting: .euro)) == some, "seed \(seedOfThisRun)")
                } catch {
                    errors += 1
                }
            }
        }
        #expect(errors > 100)
    }

    @Test("An allocation amount below zero is an error")
    func negativeAmounts() {
        var entry = OrderEntry()
        let limit = Allocation.Limit.amount(Decimal(units: -1, scale: 0))
        entry.listed = [Allocation(id: id("A-1"), salesperson: id("u-1"), limit: limit)]
        #expect(throws: CorruptRecord.self) { try decode(EntryCodec.encode(entry, reporting: .euro)) }
    }

    @Test("Foreign tallies are added up to the limits of 64 bits without an overflow")
    func tallies() {
        let greatest: [UInt8] = [0x7f] + [UInt8](repeating: 0xff, count: 7) + [0, 0, 0, 1]
        let least: [UInt8] = [0x80] + [UInt8](repeating: 0, count: 7) + [0, 0, 0, 1]
        #expect(PackedTallies.sum(greatest + greatest).tally == Tally(revenue: .max, orders: 2))
        #expect(PackedTallies.sum(least + least).tally == Tally(revenue: .min, orders: 2))
        #expect(PackedTallies.sum(greatest + least + greatest + least).tally == Tally(revenue: -2, orders: 4))
        var sums = [TallySum(revenue: 1, orders: 1)]
        PackedTallies.add(greatest, to: &sums[...])
        #expect(sums.map(\.tally) == [Tally(revenue: .max, orders: 2)])
        #expect(PackedTallies.overlap(greatest + greatest).tally == Tally(revenue: .max, orders: 1))
    }

    @Test("Targets, also deleted ones, can be read back; truncated ones are an error")
    func targets() throws {
        for event in History(seed: seedOfThisRun, events: 4_000) {
            guard case .target(let id, let change) = event.change else { continue }
            var target: Target?
            if case .saved(let saved) = change { target = saved }
            let record = CatalogRecord(target: target, version: change.version, countsFrom: 300)
            let bytes = record.encode()
            #expect(try CatalogRecord.decode(bytes, id: id) == record, "seed \(seedOfThisRun)")
            for length in 0..<bytes.count {
                #expect(throws: CorruptRecord.self) { try CatalogRecord.decode(Array(bytes.prefix(length)), id: id) }
            }
        }
    }

    @Test("People and their preferences can be read back; truncated ones are an error")
    func people() throws {
        for event in History(seed: seedOfThisRun, events: 4_000) {
            guard case .person(let id, let change) = event.change else { continue }
            var entry = PersonEntry()
            entry.apply(change)
            if let bytes = PersonCodec.encode(entry.person) {
                #expect(try PersonCodec.decode(bytes, id: id) == entry.person, "seed \(seedOfThisRun)")
                for length in 0..<bytes.count {
                    #expect(throws: CorruptRecord.self) { try PersonCodec.decode(Array(bytes.prefix(length)), id: id) }
                }
            }
            if let bytes = PersonCodec.encode(entry.preference) {
                #expect(try PersonCodec.decodeChoice(bytes) == entry.preference)
                for length in 0..<bytes.count {
                    #expect(throws: CorruptRecord.self) { try PersonCodec.decodeChoice(Array(bytes.prefix(length))) }
                }
            }
        }
    }

    @Test("An unknown measure or flag is an error, never another measure")
    func unknownBytes() throws {
        let day = try #require(Day("2026-03-14"))
        func bytes(_ measure: Measure) throws -> [UInt8] {
            let target = Target(
                id: Self.order,
                name: "North",
                measure: measure,
                goal: 5,
                period: try #require(Period(start: day, end: day)),
                assignees: [Self.order],
                version: nil
            )
            return CatalogRecord(target: target, version: nil, countsFrom: 1).encode()
        }
        let (revenue, orders) = (try bytes(.revenue), try bytes(.orders))
        var unknown = revenue
        unknown[try #require(revenue.indices.first { revenue[$0] != orders[$0] })] = 4
        #expect(throws: CorruptRecord.self) { try CatalogRecord.decode(unknown, id: Self.order) }
        #expect(throws: CorruptRecord.self) { try PersonCodec.decode([8, 2, 0, 0], id: Self.order) }
        #expect(throws: CorruptRecord.self) { try PersonCodec.decodeChoice([4, 2, 0, 0, 0]) }
    }

    @Test("Random bytes of targets, people, cursors and jobs never crash the reader")
    func changedRecords() {
        var random = SeededGenerator(seed: seedOfThisRun)
        for _ in 0..<5_000 {
            let bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                random.pick([0, 1, 2, 3, 4, UInt8(ascii: "a"), 127, 128, 255])
            }
            _ = try? CatalogRecord.decode([1] + bytes, id: Self.order).encode()
            _ = (try? PersonCodec.decode(bytes, id: Self.order)).map { PersonCodec.encode($0) }
            _ = (try? PersonCodec.decodeChoice(bytes)).map { PersonCodec.encode($0) }
            _ = try? Cursor(parsing: bytes)
            _ = try? BackfillJob(parsing: bytes)
        }
    }

    @Test("A cursor can be read back from its text, and other texts are errors")
    func cursors() throws {
        var cursor = Cursor(next: 43, last: .init(offset: 40, checksum: .max))
        #expect(cursor.encoded == "43 - 40 4294967295")
        #expect(try Cursor(parsing: Array(cursor.encoded.utf8)) == cursor)
        cursor.newest = 1_700_000_000_000
        cursor.earlier = [.init(offset: 38, checksum: 7), .init(offset: 0, checksum: 8)]
        #expect(cursor.encoded == "43 1700000000000 40 4294967295 38 7 0 8")
        #expect(try Cursor(parsing: Array(cursor.encoded.utf8)) == cursor)
        for text in [
            "", "43", "43 -", "43 - 40", "43 40 1", "43 - 40 1 2", "40 - 40 1", "a - 40 1", "43 x 40 1", "43 - -1 1",
            "43 - 40 -1", "43 - 40 4294967296", "43 - 40 1 40 2", "43 - 40 1 39 2 39 2",
            "43 - 40 1" + (0..<7).map { " \(30 - $0) 1" }.joined(),
        ] {
            #expect(throws: CorruptRecord.self, "\(text)") { try Cursor(parsing: Array(text.utf8)) }
        }
    }

    @Test("A backfill job can be read back from its text, and other texts are errors")
    func jobs() throws {
        for job in [
            BackfillJob(target: 7, formerRevisions: []), BackfillJob(target: 7, formerRevisions: [3, 5]),
            BackfillJob(target: nil, formerRevisions: [3]),
        ] {
            #expect(try BackfillJob(parsing: Array(job.description.utf8)) == job)
        }
        #expect(BackfillJob(target: nil, formerRevisions: [5, 3]).description == "- 3,5")
        for text in ["", "7", "x 3", "7 a", "7 3,b"] {
            #expect(throws: CorruptRecord.self, "\(text)") { try BackfillJob(parsing: Array(text.utf8)) }
        }
    }
}
