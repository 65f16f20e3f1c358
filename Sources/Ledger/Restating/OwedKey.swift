package import SalesRules

/// A key in a partition whose last record alone does not give what is known of its record. The record's present state is
/// owed: a lane writes it once more to the same partition and key, so that compaction loses nothing.
package struct OwedKey: Hashable, Sendable {
    /// What the key's records are about.
    package enum Name: Hashable, Sendable {
        case order(TenantScoped, OrderEntry.Part)
        case target(TenantScoped)
        case person(TenantScoped)
        case preference(TenantScoped)
    }

    /// What to restate.
    package let name: Name
    /// The key of the records, as they have it.
    package let key: [UInt8]

    /// A key of this record.
    package init(_ name: Name, key: [UInt8]) {
        self.name = name
        self.key = key
    }

    /// The form in Redis: a letter, the name, and the key after a space.
    package var encoded: [UInt8] {
        let text =
            switch name {
            case .order(let order, .order): "o \(order)"
            case .order(let order, .allocation(let id)): "a \(order)/\(id)"
            case .target(let target): "t \(target)"
            case .person(let person): "p \(person)"
            case .preference(let person): "c \(person)"
            }
        return Array(text.utf8) + [UInt8(ascii: " ")] + key
    }

    /// Reads ``encoded``.
    /// - Throws: ``CorruptRecord``.
    package init(parsing bytes: [UInt8]) throws(CorruptRecord) {
        let parts = bytes.split(separator: UInt8(ascii: " "), maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let name = Self.name(String(decoding: parts[0], as: UTF8.self), parts[1]) else {
            throw CorruptRecord(reason: "the name of a record to restate is not valid")
        }
        self.init(name, key: Array(parts[2]))
    }

    private static func name(_ letter: String, _ text: ArraySlice<UInt8>) -> Name? {
        let ids = String(decoding: text, as: UTF8.self).split(separator: "/", omittingEmptySubsequences: false)
            .compactMap { Identifier($0) }
        guard ids.count >= 2 else { return nil }
        let first = TenantScoped(tenant: ids[0], id: ids[1])
        switch (letter, ids.count) {
        case ("o", 2): return .order(first, .order)
        case ("a", 3): return .order(first, .allocation(ids[2]))
        case ("t", 2): return .target(first)
        case ("p", 2): return .person(first)
        case ("c", 2): return .preference(first)
        default: return nil
        }
    }
}
