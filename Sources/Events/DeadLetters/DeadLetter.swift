public import Log

/// The headers of dead letters: records that cannot be applied (docs/CONTRACT.md, "Dead letters").
public enum DeadLetter {
    /// The record's own headers, and after them `dead-letter-reason`, `-member`, `-topic`, `-partition` and `-offset`.
    public static func headers(
        for error: EventError,
        topic: String,
        partition: Int32,
        offset: Int64,
        original: [RecordHeader]
    ) -> [RecordHeader] {
        var headers = original
        func add(_ name: String, _ value: String) {
            headers.append(RecordHeader(name: "dead-letter-\(name)", value: Array(value.utf8)))
        }
        add("reason", error.description)
        if let member = error.member { add("member", member) }
        add("topic", topic)
        add("partition", String(partition))
        add("offset", String(offset))
        return headers
    }
}

extension DeadLetter {
    /// Where a record was when it was refused for the first time. It identifies the record, also after several replays.
    public struct Origin: Hashable, Sendable, CustomStringConvertible {
        /// The topic that the record was read from.
        public let topic: String
        /// Its partition.
        public let partition: Int32
        /// Its offset.
        public let offset: Int64

        /// `<topic>/<partition>/<offset>`
        public var description: String { "\(topic)/\(partition)/\(offset)" }

        /// Reads ``description``; nil for another text.
        public init?(_ text: String) {
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 3, !parts[0].isEmpty, let partition = Int32(parts[1]), let offset = Int64(parts[2]),
                partition >= 0, offset >= 0
            else { return nil }
            (topic, self.partition, self.offset) = (String(parts[0]), partition, offset)
        }
    }

    /// The header with the ``Origin`` of a replayed record. A replay adds it to the record that it writes back.
    public static let originHeader = "dead-letter-origin"
    /// The header with the ``Origin`` of a record that was replayed. It is on the note that a replay writes to the
    /// dead-letter topic.
    public static let replayedHeader = "dead-letter-replayed"

    /// The value of the header `dead-letter-<name>`; nil where there is none. A record that was refused twice has two:
    /// this is the later one.
    public static func text(_ name: String, in headers: [RecordHeader]) -> String? {
        headers.last { $0.name == "dead-letter-\(name)" }?.value.map { String(decoding: $0, as: UTF8.self) }
    }

    /// The origin of a dead letter; nil where the headers do not have it.
    public static func origin(of headers: [RecordHeader]) -> Origin? {
        if let known = text("origin", in: headers) { return Origin(known) }
        guard let topic = text("topic", in: headers), let partition = text("partition", in: headers),
            let offset = text("offset", in: headers)
        else { return nil }
        return Origin("\(topic)/\(partition)/\(offset)")
    }

    /// The headers of a record that is written back: its own headers and its origin.
    public static func replayHeaders(of headers: [RecordHeader], origin: Origin) -> [RecordHeader] {
        headers.filter { !$0.name.hasPrefix("dead-letter-") }
            + [RecordHeader(name: originHeader, value: Array(origin.description.utf8))]
    }
}
