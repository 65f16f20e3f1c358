internal import SalesRules

/// The keys of records: `<tenant>/<id>`, and for allocations `<tenant>/<order id>/<allocation id>`.
enum RecordKey {
    /// The event for a record with a null value: the deletion of what the key names.
    static func deletion(topic: Topic, key: UnsafeBufferPointer<UInt8>?) throws(EventError) -> Event {
        let text = key.map { String(decoding: $0, as: UTF8.self) } ?? ""
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).compactMap { Identifier($0) }
        let expected = topic == .allocations ? 3 : 2
        guard parts.count == expected, text.utf8.count(where: { $0 == UInt8(ascii: "/") }) == expected - 1 else {
            throw EventError(
                member: "key",
                reason: "\(EventError.quoting(text)) is not a valid key for a deletion: "
                    + (topic == .allocations ? "<tenant>/<order id>/<allocation id>" : "<tenant>/<id>") + " is expected"
            )
        }
        switch topic {
        case .orders: return Event(tenant: parts[0], .order(parts[1], .deleted(version: nil)))
        case .allocations:
            return Event(tenant: parts[0], .order(parts[1], .allocationDeleted(parts[2], version: nil)))
        case .targets: return Event(tenant: parts[0], .target(parts[1], .deleted(version: nil)))
        case .people: return Event(tenant: parts[0], .person(parts[1], .deleted))
        }
    }
}
