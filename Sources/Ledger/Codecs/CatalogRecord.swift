package import SalesRules

/// What the ledger keeps of one target, also of a deleted one, so that a late event cannot bring it back.
package struct CatalogRecord: Hashable, Sendable {
    /// Nil when it was deleted.
    package var target: Target?
    /// The highest version applied.
    package var version: RecordVersion?
    /// The catalog revision at which its assignees or its period last changed.
    package var countsFrom: Int64

    /// The record of a target.
    package init(target: Target?, version: RecordVersion?, countsFrom: Int64) {
        self.target = target
        self.version = version
        self.countsFrom = countsFrom
    }

    private static let format: UInt8 = 1

    /// The form in Redis: a format byte, flags, and the fields that the flags announce.
    package func encode() -> [UInt8] {
        var writer = ByteWriter(reserving: 128)
        writer.byte(Self.format)
        writer.byte((target == nil ? 0 : 1) | version.fields << 1)
        writer.signed(countsFrom)
        writer.version(version)
        if let target {
            writer.text(target.name)
            writer.byte((target.measure == .revenue ? 0 : 1) | (target.inYear ? 0 : 2))
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
        var reader = ByteReader(bytes[...])
        guard try reader.byte() == format else { throw CorruptRecord(reason: "its format is unknown") }
        let flags = try reader.byte()
        guard flags <= 7 else { throw CorruptRecord(reason: "it has unknown flags") }
        let countsFrom = try reader.signed()
        let version = try reader.version(fields: flags >> 1)
        let target = flags & 1 == 0 ? nil : try readTarget(id: id, version: version, from: &reader)
        try reader.end()
        return CatalogRecord(target: target, version: version, countsFrom: countsFrom)
    }

    private static func readTarget(
        id: Identifier,
        version: RecordVersion?,
        from reader: inout ByteReader
    ) throws(CorruptRecord) -> Target {
        let name = try reader.text()
        let (measure, inYear) = try readMeasure(from: &reader)
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
                inYear: inYear,
                version: version
            )
        else { throw CorruptRecord(reason: "its target breaks a bound") }
        return target
    }

    private static func readMeasure(from reader: inout ByteReader) throws(CorruptRecord) -> (Measure, inYear: Bool) {
        switch try reader.byte() {
        case 0: (.revenue, true)
        case 1: (.orders, true)
        case 2: (.revenue, false)
        case 3: (.orders, false)
        default: throw CorruptRecord(reason: "its measure is unknown")
        }
    }
}
