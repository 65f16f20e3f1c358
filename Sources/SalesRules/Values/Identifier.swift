/// The id of an order, allocation, target, person or tenant: 1 to 128 characters of `[A-Za-z0-9._:@-]`
/// (the contract's conventions).
public struct Identifier: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The id as the source wrote it.
    public let rawValue: String

    /// The greatest length of an id, in bytes.
    public static let maximumLength = 128

    /// Returns nil when `text` is not an id.
    public init?(_ text: String) {
        guard (1...Self.maximumLength).contains(text.utf8.count), text.utf8.allSatisfy(Self.allows) else { return nil }
        rawValue = text
    }

    /// Returns nil when `text` is not an id.
    public init?(_ text: Substring) {
        self.init(String(text))
    }

    /// Returns nil when the bytes are not an id.
    public init?(utf8 bytes: UnsafeBufferPointer<UInt8>) {
        guard (1...Self.maximumLength).contains(bytes.count), bytes.allSatisfy(Self.allows) else { return nil }
        rawValue = String(decoding: bytes, as: UTF8.self)
    }

    public var description: String { rawValue }

    /// Ids are ordered by their bytes, so that every program sorts them alike.
    public static func < (left: Identifier, right: Identifier) -> Bool {
        left.rawValue < right.rawValue
    }

    private static func allows(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: ":"),
            UInt8(ascii: "@"), UInt8(ascii: "-"):
            return true
        default:
            return false
        }
    }
}

/// What is someone's within an organisation: an id and the tenant it belongs to.
public struct TenantScoped: Hashable, Sendable, CustomStringConvertible {
    /// The organisation.
    public let tenant: Identifier
    /// The id, unique within the tenant and the kind of record.
    public let id: Identifier

    /// What is this tenant's.
    public init(tenant: Identifier, id: Identifier) {
        self.tenant = tenant
        self.id = id
    }

    /// `<tenant>/<id>`, the form that the contract's Kafka keys have.
    public var description: String { "\(tenant)/\(id)" }

    /// Reads `<tenant>/<id>`; nil when it is anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let tenant = Identifier(parts[0]), let id = Identifier(parts[1]) else { return nil }
        self.init(tenant: tenant, id: id)
    }
}
