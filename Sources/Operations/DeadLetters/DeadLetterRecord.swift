package import Events
package import Log

/// A record among the dead letters, copied.
package struct DeadLetterRecord: Sendable {
    /// Where it lies among the dead letters.
    package let partition: Int32
    /// Its offset there.
    package let offset: Int64
    package let key: [UInt8]?
    package let value: [UInt8]?
    package let headers: [RecordHeader]
    /// The record's own time, in milliseconds since 1970; -1 if unknown.
    package let timestamp: Int64

    init(_ record: LogRecord) {
        partition = record.partition
        offset = record.offset
        key = record.withKey { $0.map(Array.init) }
        value = record.withValue { $0.map(Array.init) }
        headers = record.headers
        timestamp = record.timestamp
    }

    /// Why it was refused.
    package var reason: String { DeadLetter.text("reason", in: headers) ?? "" }
    /// The topic it came from, as its headers say.
    package var topic: String { DeadLetter.text("topic", in: headers) ?? "" }
    /// What it is known by.
    package var origin: DeadLetter.Origin? { DeadLetter.origin(of: headers) }
    /// Whether it was replayed and refused again.
    package var isRefusedAgain: Bool { DeadLetter.text("origin", in: headers) != nil }
    /// Whether it was too large to be put here with its value.
    package var isValueLeftOut: Bool { DeadLetter.text("value", in: headers) != nil }
    /// The origin of a record that was replayed, which this one notes; nil for a dead letter.
    var replayed: String? { DeadLetter.text("replayed", in: headers) }
}
