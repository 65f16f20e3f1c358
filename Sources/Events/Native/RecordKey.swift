internal import SalesRules

/// The keys of records: `<tenant>/<id>`, for allocations `<tenant>/<order id>/<allocation id>`, and for preferences
/// `<tenant>/<person id>/preference`.
enum RecordKey {
    /// The event for a record with a null value: the deletion of what the key names.
    static func deletion(topic: Topic, key: UnsafeBufferPointer<UInt8>?) throws(EventError) -> Event {
        let text = key.map { String(decoding: $0, as: UTF8.self) } ?? ""
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Identifier($0) }
        guard let change = change(topic: topic, parts.compactMap(\.self)), !parts.contains(nil), let tenant = parts[0]
        else {
            let expected =
                switch topic {
                case .orders, .targets: "<tenant>/<id>"
                case .allocations: "<tenant>/<order id>/<allocation id>"
                case .people: "<tenant>/<id> or <tenant>/<id>/preference"
                }
            throw EventError(
                member: "key",
                reason: "\(EventError.quoting(text)) is not a valid key for a deletion: \(expected) is expected"
            )
        }
        return Event(tenant: tenant, change)
    }

    private static func change(topic: Topic, _ parts: [Identifier]) -> Event.Change? {
        switch (topic, parts.count) {
        case (.orders, 2): .order(parts[1], .deleted(version: nil))
        case (.allocations, 3): .order(parts[1], .allocationDeleted(parts[2], version: nil))
        case (.targets, 2): .target(parts[1], .deleted(version: nil))
        case (.people, 2) where parts[1].isPerson: .person(parts[1], .deleted(version: nil))
        case (.people, 3) where parts[1].isPerson && parts[2].rawValue == "preference":
            .person(parts[1], .preferenceDeleted(version: nil))
        default: nil
        }
    }
}
