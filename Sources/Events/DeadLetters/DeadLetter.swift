public import Log

/// How a record that cannot be applied is put aside: byte for byte, with headers that say why.
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
    /// Where a record lay when it was refused for the first time; what it is known by, however often it is replayed.
    public struct Origin: Hashable, Sendable, CustomStringConvertible {
        /// The topic it came from.
        public let topic: String
        /// The partition there.
        public let partition: Int32
        /// Its offset there.
        public let offset: Int64

        /// `<topic>/<partition>/<offset>`
        public var description: String { "\(topic)/\(partition)/\(offset)" }

        /// Reads ``description``.
        public init?(_ text: String) {
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 3, !parts[0].isEmpty, let partition = Int32(parts[1]), let offset = Int64(parts[2]),
                partition >= 0, offset >= 0
            else { return nil }
            (topic, self.partition, self.offset) = (String(parts[0]), partition, offset)
        }
    }

    /// A header that names a replayed record's ``Origin``; on a record in the topic it came from.
    public static let originHeader = "dead-letter-origin"
    /// A header that says that the record of this ``Origin`` was replayed; on a record of its own among the dead letters.
    public static let replayedHeader = "dead-letter-replayed"

    /// What a header of this name says; nil where there is none. A record that was refused twice has two: the later.
    public static func text(_ name: String, in headers: [RecordHeader]) -> String? {
        headers.last { $0.name == "dead-letter-\(name)" }?.value.map { String(decoding: $0, as: UTF8.self) }
    }

    /// Nil where the headers do not say.
    public static func origin(of headers: [RecordHeader]) -> Origin? {
        if let known = text("origin", in: headers) { return Origin(known) }
        guard let topic = text("topic", in: headers), let partition = text("partition", in: headers),
            let offset = text("offset", in: headers)
        else { return nil }
        return Origin("\(topic)/\(partition)/\(offset)")
    }

    /// The record's own headers, and its origin.
    public static func replayHeaders(of headers: [RecordHeader], origin: Origin) -> [RecordHeader] {
        headers.filter { !$0.name.hasPrefix("dead-letter-") }
            + [RecordHeader(name: originHeader, value: Array(origin.description.utf8))]
    }
}
