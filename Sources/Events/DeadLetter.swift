/// How a record that cannot be applied is put aside: byte for byte, with headers that say why.
public enum DeadLetter {
    /// The record's own headers, and after them `dead-letter-reason`, `-member`, `-topic`, `-partition` and `-offset`.
    public static func headers(
        for error: EventError,
        topic: String,
        partition: Int32,
        offset: Int64,
        original: [Header]
    ) -> [Header] {
        var headers = original
        func add(_ name: String, _ value: String) {
            headers.append(Header(name: "dead-letter-\(name)", value: Array(value.utf8)))
        }
        add("reason", error.description)
        if let member = error.member { add("member", member) }
        add("topic", topic)
        add("partition", String(partition))
        add("offset", String(offset))
        return headers
    }
}
