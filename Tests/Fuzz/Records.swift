import Events
import Ledger
import Log
import Model
import SalesRules

extension Fuzz {
    /// Decodes the other values in Redis, and announcements. The first byte chooses the kind.
    static let records = FuzzTarget(
        name: "records",
        run: { decodeRecord($0) },
        seeds: recordSeeds,
        words: ["revenue", "orders", "acme", "u-1", "-", ","]
    )

    private static func decodeRecord(_ input: Input) {
        var reader = InputReader(input)
        let kind = reader.byte()
        let bytes = Array(reader.rest)
        do {
            try decode(kind, bytes)
        } catch let error as CorruptRecord {
            requireOneLine(error.reason)
        } catch {
            fatalError("\(error)")
        }
    }

    private static func decode(_ kind: UInt8, _ bytes: [UInt8]) throws {
        let record = id("x")
        let text = String(decoding: bytes, as: UTF8.self)
        switch kind % 9 {
        case 0:
            let value = try CatalogRecord.decode(bytes, id: record)
            require(try CatalogRecord.decode(value.encode(), id: record) == value, "\(value)")
            if let target = value.target { check(target, id: record) }
        case 1:
            let value = try PersonCodec.decode(bytes, id: record)
            if let again = PersonCodec.encode(value) {
                require(try PersonCodec.decode(again, id: record) == value, "\(value)")
            }
        case 2:
            let value = try PersonCodec.decodeChoice(bytes)
            if let again = PersonCodec.encode(value) {
                require(try PersonCodec.decodeChoice(again) == value, "\(value)")
            }
        case 3:
            let value = try Announcement.decode(bytes)
            require(try Announcement.decode(value.encode()) == value, "\(value)")
        case 4:
            let value = try BackfillJob(parsing: bytes)
            require(try BackfillJob(parsing: Array(value.description.utf8)) == value, "\(value)")
        case 5:
            let value = try Cursor(parsing: bytes)
            require(try Cursor(parsing: Array(value.encoded.utf8)) == value, "\(value)")
            require(value.last.offset >= 0 && value.next > value.last.offset, "\(value)")
        case 6:
            if let value = ViewStamp(text) { require(ViewStamp(value.description) == value, "\(value)") }
            if let value = DeadLetter.Origin(text) {
                require(DeadLetter.Origin(value.description) == value, "\(value)")
            }
        case 7:
            guard let value = TenantScoped(text) else { return }
            require(value.description == text, "\(value) is \(text)")
        default: addUp(bytes)
        }
    }

    /// Tallies are not checked when they are read, so adding any bytes must not crash.
    private static func addUp(_ bytes: [UInt8]) {
        var tallies = Array(repeating: TallySum.zero, count: 366)
        PackedTallies.add(bytes, to: &tallies[...])
        PackedTallies.add(bytes, to: &tallies[...])
        var sum = PackedTallies.sum(bytes)
        sum -= PackedTallies.overlap(bytes)
        for measure in Measure.allCases {
            let period = Period(start: .epoch, end: Day(number: 364)!)!
            let target = Target(id: id("T"), measure: measure, goal: 1, period: period, assignees: [id("u")])!
            for day in [0, 1, 364, 365] { _ = Progress(of: target, realized: sum.tally, today: Day(number: day)!) }
        }
    }

    private static func recordSeeds() -> [[UInt8]] {
        var seeds: [[UInt8]] = []
        for event in History(seed: 4, events: 400, targets: 10) {
            switch event.change {
            case .target(_, let change):
                var target: Target?
                if case .saved(let saved) = change { target = saved }
                seeds.append([0] + CatalogRecord(target: target, version: change.version, countsFrom: 7).encode())
            case .person(_, let change):
                var entry = PersonEntry()
                entry.apply(change)
                if let bytes = PersonCodec.encode(entry.person) { seeds.append([1] + bytes) }
                if let bytes = PersonCodec.encode(entry.preference) { seeds.append([2] + bytes) }
            default: break
            }
        }
        let person = TenantScoped(tenant: id("acme"), id: id("u-1"))
        let key = DaysKey(tenant: person.tenant, person: person.id, year: 2026)
        let days = Announcement.Days(key: key, ordinals: 3...364)
        seeds.append([3] + Announcement(days: [days], targets: [person], people: [person, person]).encode())
        seeds.append([3] + Announcement.everything.encode())
        let texts: [(UInt8, String)] = [
            (4, "7 3,5"), (4, "- 3"), (4, "7 "), (5, "43 - 40 4294967295"), (6, "0123abcd 77"), (6, "sales.orders/3/9"),
            (7, "acme/u-1"),
        ]
        seeds += texts.map { [$0.0] + Array($0.1.utf8) }
        seeds.append([8] + [UInt8](repeating: 1, count: 48))
        return seeds
    }
}
