package import SalesRules

/// What the ledger keeps of one target, also of a deleted one, so that a late event cannot bring it back.
package struct CatalogRecord: Hashable, Sendable {
    /// Nil when it was deleted.
    package var target: Target?
    /// The highest version applied.
    package var version: Int64?
    /// The catalog revision at which its assignees or its period last changed.
    package var countsFrom: Int64

    /// The record of a target.
    package init(target: Target?, version: Int64?, countsFrom: Int64) {
        self.target = target
        self.version = version
        self.countsFrom = countsFrom
    }

    private static let format: UInt8 = 1

    /// The form in Redis: a format byte, flags, and the fields that the flags announce.
    package func encode() -> [UInt8] {
        var writer = ByteWriter(reserving: 128)
        writer.byte(Self.format)
        writer.byte((target == nil ? 0 : 1) | (version == nil ? 0 : 2))
        writer.signed(countsFrom)
        if let version { writer.signed(version) }
        if let target {
            writer.text(target.name)
            writer.byte(target.measure == .revenue ? 0 : 1)
            writer.signed(target.goal)
            writer.signed(Int64(target.period.start.number))
            writer.signed(Int64(target.period.end.number))
            writer.unsigned(UInt64(target.assignees.count))
            for assignee in target.assignees { writer.id(assignee) }
        }
        return writer.bytes
    }

    /// Reads what ``encode()`` wrote.
    /// - Throws: ``CorruptRecord`` for any other bytes.
    package static func decode(_ bytes: [UInt8], id: Identifier) throws(CorruptRecord) -> CatalogRecord {
        var reader = ByteReader(bytes)
        guard try reader.byte() == format else { throw CorruptRecord(reason: "its format is unknown") }
        let flags = try reader.byte()
        guard flags <= 3 else { throw CorruptRecord(reason: "it has unknown flags") }
        let countsFrom = try reader.signed()
        let version = flags & 2 == 0 ? nil : try reader.signed()
        let target = flags & 1 == 0 ? nil : try readTarget(id: id, version: version, from: &reader)
        try reader.end()
        return CatalogRecord(target: target, version: version, countsFrom: countsFrom)
    }

    private static func readTarget(
        id: Identifier,
        version: Int64?,
        from reader: inout ByteReader
    ) throws(CorruptRecord) -> Target {
        let name = try reader.text()
        let measure: Measure = try reader.byte() == 0 ? .revenue : .orders
        let goal = try reader.signed()
        let period = Period(start: try reader.day(), end: try reader.day())
        var assignees: [Identifier] = []
        for _ in 0..<(try reader.count(upTo: Target.maximumAssignees)) { assignees.append(try reader.id()) }
        guard let period,
            let target = Target(
                id: id,
                name: name,
                measure: measure,
                goal: goal,
                period: period,
                assignees: assignees,
                version: version
            )
        else { throw CorruptRecord(reason: "its target breaks a bound") }
        return target
    }
}

/// Encodes and decodes what the ledger keeps of one person.
package enum PersonCodec {
    /// The form in Redis: the version if there is one, the name and the e-mail address.
    package static func encode(_ person: Person) -> [UInt8] {
        var writer = ByteWriter(reserving: 64)
        writer.byte(person.version == nil ? 0 : 1)
        if let version = person.version { writer.signed(version) }
        writer.text(person.name)
        writer.text(person.email)
        return writer.bytes
    }

    /// Reads what ``encode(_:)`` wrote.
    /// - Throws: ``CorruptRecord`` for any other bytes.
    package static func decode(_ bytes: [UInt8], id: Identifier) throws(CorruptRecord) -> Person {
        var reader = ByteReader(bytes)
        let version = try reader.byte() == 0 ? nil : try reader.signed()
        let person = Person(id: id, name: try reader.text(), email: try reader.text(), version: version)
        try reader.end()
        return person
    }

    /// The form in Redis of what a person chose to see.
    /// - Parameter version: the highest version applied; nil when no event had one.
    package static func encode(_ choice: WidgetChoice, version: Int64?) -> [UInt8] {
        var writer = ByteWriter(reserving: 32)
        writer.byte(version == nil ? 0 : 1)
        if let version { writer.signed(version) }
        writer.unsigned(UInt64(choice.year ?? 0))
        writer.text(choice.salesperson?.rawValue ?? "")
        writer.text(choice.measure?.rawValue ?? "")
        return writer.bytes
    }

    /// Reads what ``encode(_:version:)`` wrote.
    /// - Throws: ``CorruptRecord`` for any other bytes.
    package static func decodeChoice(
        _ bytes: [UInt8]
    ) throws(CorruptRecord) -> (choice: WidgetChoice, version: Int64?) {
        var reader = ByteReader(bytes)
        let version = try reader.byte() == 0 ? nil : try reader.signed()
        let year = Int(truncatingIfNeeded: try reader.unsigned())
        let salesperson = try reader.text()
        let measure = try reader.text()
        try reader.end()
        let choice = WidgetChoice(
            year: Day.years.contains(year) ? year : nil,
            salesperson: Identifier(salesperson),
            measure: Measure(rawValue: measure)
        )
        return (choice, version)
    }
}
