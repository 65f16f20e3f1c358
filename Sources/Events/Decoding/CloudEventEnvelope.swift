internal import Log

/// What a record's headers say about its CloudEvent (CloudEvents 1.0, Kafka protocol binding).
struct CloudEventEnvelope {
    /// The event's type in binary mode, where the value is its data.
    private(set) var type: String?
    /// Whether the value is the envelope, with the event in `data`.
    private(set) var isStructured = false

    /// - Throws: when there are two different types.
    init(_ headers: [RecordHeader]) throws(EventError) {
        for header in headers {
            guard let bytes = header.value else { continue }
            switch header.name.lowercased() {
            case "ce_type":
                let value = Self.text(bytes)
                guard type == nil || type == value else {
                    throw EventError(member: "ce_type", reason: "occurs twice with different values")
                }
                type = value
            case "content-type":
                let value = Self.text(bytes)
                if value.lowercased().hasPrefix("application/cloudevents") { isStructured = true }
            default: break
            }
        }
    }

    /// The header's text. Spring writes header values as JSON, in quotes.
    private static func text(_ bytes: [UInt8]) -> String {
        let quote = UInt8(ascii: "\"")
        let isQuoted = bytes.count >= 2 && bytes.first == quote && bytes.last == quote
        return String(decoding: isQuoted ? bytes.dropFirst().dropLast() : bytes[...], as: UTF8.self)
    }
}
