internal import Redis
package import SalesRules

/// What one transaction changed that viewers see. The transaction itself publishes it on the channel of its shard, so
/// that a subscriber always finds the change in Redis (docs/CONTRACT.md, "Keys in Redis", "Announcements").
package struct Announcement: Hashable, Sendable {
    /// Days of one person's year, or of everyone's, whose tallies changed.
    package struct Days: Hashable, Sendable {
        /// The person and the year.
        package let key: DaysKey
        /// From the first day that changed to the last, as in ``Day/ordinal``.
        package let ordinals: ClosedRange<Int>

        /// Days of one year.
        package init(key: DaysKey, ordinals: ClosedRange<Int>) {
            self.key = key
            self.ordinals = ordinals
        }
    }

    /// The days whose tallies changed.
    package var days: [Days]
    /// Targets that were saved or deleted, whose overlap changed, or whose backfill ended.
    package var targets: [TenantScoped]
    /// People whose name changed.
    package var people: [TenantScoped]

    /// Whether everything may have changed, because the view was replaced by another one.
    package var coversEverything = false

    /// An announcement that everything may have changed.
    package static var everything: Announcement {
        var announcement = Announcement()
        announcement.coversEverything = true
        return announcement
    }

    /// An announcement of these changes.
    package init(days: [Days] = [], targets: [TenantScoped] = [], people: [TenantScoped] = []) {
        self.days = days
        self.targets = targets
        self.people = people
    }

    /// Whether there is nothing to announce.
    package var isEmpty: Bool { days.isEmpty && targets.isEmpty && people.isEmpty && !coversEverything }

    /// The command that publishes it; nil when there is nothing to announce.
    func command(shard: Int, keys: KeySpace) -> RedisCommand? {
        if isEmpty { return nil }
        var command = RedisCommand("PUBLISH", keys.changes(shard: shard))
        command.append(encode())
        return command
    }
}

extension Announcement {
    private static let format: UInt8 = 1

    /// The form on the channel: a format byte, each list after its length, and a last byte 1 if everything may have
    /// changed.
    package func encode() -> [UInt8] {
        var writer = ByteWriter(reserving: 16 + 40 * (days.count + targets.count + people.count))
        writer.byte(Self.format)
        writer.unsigned(UInt64(days.count))
        for days in days {
            writer.id(days.key.tenant)
            writer.text(days.key.person?.rawValue ?? "")
            writer.unsigned(UInt64(days.key.year))
            writer.unsigned(UInt64(days.ordinals.lowerBound))
            writer.unsigned(UInt64(days.ordinals.upperBound))
        }
        for list in [targets, people] {
            writer.unsigned(UInt64(list.count))
            for name in list {
                writer.id(name.tenant)
                writer.id(name.id)
            }
        }
        if coversEverything { writer.byte(1) }
        return writer.bytes
    }

    /// - Throws: ``CorruptRecord`` for what another program, or another version, published.
    package static func decode(_ bytes: [UInt8]) throws(CorruptRecord) -> Announcement {
        var reader = ByteReader(bytes[...])
        guard try reader.byte() == format else { throw CorruptRecord(reason: "its format is unknown") }
        var announcement = Announcement()
        for _ in 0..<(try reader.count(upTo: .max)) { announcement.days.append(try days(from: &reader)) }
        announcement.targets = try names(from: &reader)
        announcement.people = try names(from: &reader)
        if !reader.isAtEnd {
            guard try reader.byte() == 1 else { throw CorruptRecord(reason: "it has bytes after its end") }
            announcement.coversEverything = true
        }
        try reader.end()
        return announcement
    }

    private static func days(from reader: inout ByteReader) throws(CorruptRecord) -> Days {
        let tenant = try reader.id()
        let name = try reader.text()
        let person = Identifier(name)
        guard person != nil || name.isEmpty else { throw CorruptRecord(reason: "an id is not valid") }
        let (year, first, last) = (try reader.unsigned(), try reader.unsigned(), try reader.unsigned())
        guard let year = Int(exactly: year), Day.years.contains(year), first <= last, last <= 365 else {
            throw CorruptRecord(reason: "its days are not valid")
        }
        return Days(key: DaysKey(tenant: tenant, person: person, year: year), ordinals: Int(first)...Int(last))
    }

    private static func names(from reader: inout ByteReader) throws(CorruptRecord) -> [TenantScoped] {
        var names: [TenantScoped] = []
        for _ in 0..<(try reader.count(upTo: .max)) {
            names.append(TenantScoped(tenant: try reader.id(), id: try reader.id()))
        }
        return names
    }
}
