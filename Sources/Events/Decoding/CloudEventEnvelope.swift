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
                let value = String(decoding: bytes, as: UTF8.self)
                guard type == nil || type == value else {
                    throw EventError(member: "ce_type", reason: "occurs twice with different values")
                }
                type = value
            case "content-type":
                let value = String(decoding: bytes, as: UTF8.self)
                if value.lowercased().hasPrefix("application/cloudevents") { isStructured = true }
            default: break
            }
        }
    }
}
