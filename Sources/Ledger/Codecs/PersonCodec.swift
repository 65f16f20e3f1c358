package import SalesRules

/// Encodes and decodes what the ledger keeps of one person.
package enum PersonCodec {
    /// The form in Redis: the version if there is one, the name and the e-mail address.
    package static func encode(_ person: Person) -> [UInt8] {
        var writer = ByteWriter(reserving: 64)
        writer.byte(person.version.fields)
        writer.version(person.version)
        writer.text(person.name)
        writer.text(person.email)
        return writer.bytes
    }

    /// Reads what ``encode(_:)`` wrote.
    /// - Throws: ``CorruptRecord`` for any other bytes.
    package static func decode(_ bytes: [UInt8], id: Identifier) throws(CorruptRecord) -> Person {
        var reader = ByteReader(bytes)
        let version = try readVersion(from: &reader)
        let person = Person(id: id, name: try reader.text(), email: try reader.text(), version: version)
        try reader.end()
        return person
    }

    /// The form in Redis of what a person chose to see.
    /// - Parameter version: the highest version applied; nil when no event had one.
    package static func encode(_ choice: WidgetChoice, version: RecordVersion?) -> [UInt8] {
        var writer = ByteWriter(reserving: 32)
        writer.byte(version.fields)
        writer.version(version)
        writer.unsigned(UInt64(choice.year ?? 0))
        writer.text(choice.salesperson?.rawValue ?? "")
        writer.text(choice.measure?.rawValue ?? "")
        return writer.bytes
    }

    /// Reads what ``encode(_:version:)`` wrote.
    /// - Throws: ``CorruptRecord`` for any other bytes.
    package static func decodeChoice(
        _ bytes: [UInt8]
    ) throws(CorruptRecord) -> (choice: WidgetChoice, version: RecordVersion?) {
        var reader = ByteReader(bytes)
        let version = try readVersion(from: &reader)
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

    private static func readVersion(from reader: inout ByteReader) throws(CorruptRecord) -> RecordVersion? {
        let fields = try reader.byte()
        guard fields <= 3 else { throw CorruptRecord(reason: "it has unknown flags") }
        return try reader.version(fields: fields)
    }
}
