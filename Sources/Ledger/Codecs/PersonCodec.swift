package import SalesRules

/// Encodes and decodes what the ledger keeps of one person. A deleted record is kept if it has a version, so that a late
/// event cannot bring it back.
package enum PersonCodec {
    private static let deleted: UInt8 = 4

    /// The form in Redis: flags, the version if there is one, and unless deleted the name and the e-mail address.
    /// - Returns: nil where nothing has to be kept.
    package static func encode(_ person: Versioned<Person>) -> [UInt8]? {
        encode(person) { person, writer in
            writer.text(person.name)
            writer.text(person.email)
        }
    }

    /// The form in Redis of what a person chose to see.
    /// - Returns: nil where nothing has to be kept.
    package static func encode(_ choice: Versioned<WidgetChoice>) -> [UInt8]? {
        encode(choice) { choice, writer in
            writer.unsigned(UInt64(choice.year ?? 0))
            writer.text(choice.salesperson?.rawValue ?? "")
            writer.text(choice.measure?.rawValue ?? "")
        }
    }

    private static func encode<Value>(
        _ record: Versioned<Value>,
        _ write: (Value, inout ByteWriter) -> Void
    ) -> [UInt8]? {
        if record.value == nil, record.version == nil { return nil }
        var writer = ByteWriter(reserving: 64)
        writer.byte(record.version.fields | (record.value == nil ? deleted : 0))
        writer.version(record.version)
        if let value = record.value { write(value, &writer) }
        return writer.bytes
    }

    /// Reads what ``encode(_:)`` wrote.
    /// - Throws: ``CorruptRecord`` for any other bytes.
    package static func decode(_ bytes: [UInt8], id: Identifier) throws(CorruptRecord) -> Versioned<Person> {
        try decode(bytes) { (version, reader) throws(CorruptRecord) in
            Person(id: id, name: try reader.text(), email: try reader.text(), version: version)
        }
    }

    /// Reads what ``encode(_:)`` wrote.
    /// - Throws: ``CorruptRecord`` for any other bytes.
    package static func decodeChoice(_ bytes: [UInt8]) throws(CorruptRecord) -> Versioned<WidgetChoice> {
        try decode(bytes) { (_, reader) throws(CorruptRecord) in
            let year = Int(truncatingIfNeeded: try reader.unsigned())
            let salesperson = try reader.text()
            let measure = try reader.text()
            return WidgetChoice(
                year: Day.years.contains(year) ? year : nil,
                salesperson: Identifier(salesperson),
                measure: Measure(rawValue: measure)
            )
        }
    }

    private static func decode<Value>(
        _ bytes: [UInt8],
        _ read: (RecordVersion?, inout ByteReader) throws(CorruptRecord) -> Value
    ) throws(CorruptRecord) -> Versioned<Value> {
        var reader = ByteReader(bytes[...])
        let flags = try reader.byte()
        guard flags < 2 * deleted, flags != deleted else { throw CorruptRecord(reason: "it has unknown flags") }
        let version = try reader.version(fields: flags & ~deleted)
        let value = flags & deleted == 0 ? try read(version, &reader) : nil
        try reader.end()
        return Versioned(value, version: version)
    }
}
