package import Events
package import Log

/// A copy of a record of the dead-letter topic.
package struct DeadLetterRecord: Sendable {
    /// Its partition in the dead-letter topic.
    package let partition: Int32
    /// Its offset in that partition.
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

    /// Why the original record was refused.
    package var reason: String { DeadLetter.text("reason", in: headers) ?? "" }
    /// The topic of the original record, from the headers.
    package var topic: String { DeadLetter.text("topic", in: headers) ?? "" }
    /// The topic, partition and offset of the original record; nil if the headers do not have them.
    package var origin: DeadLetter.Origin? { DeadLetter.origin(of: headers) }
    /// Whether it was replayed and refused again.
    package var isRefusedAgain: Bool { DeadLetter.text("origin", in: headers) != nil }
    /// Whether the value was left out because the record was too large.
    package var isValueLeftOut: Bool { DeadLetter.text("value", in: headers) != nil }
    /// The origin of a replayed record, if this record only notes a replay; nil for a dead letter.
    var replayed: String? { DeadLetter.text("replayed", in: headers) }
}
