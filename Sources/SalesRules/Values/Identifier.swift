/// The id of an order, allocation, target, person or tenant: 1 to 128 characters of `[A-Za-z0-9._:@|-]`
/// (docs/CONTRACT.md, "Conventions").
public struct Identifier: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The id as the source wrote it.
    public let rawValue: String

    /// The greatest length of an id, in bytes.
    public static let maximumLength = 128

    /// Nil when `text` is not a valid id.
    public init?(_ text: String) {
        guard (1...Self.maximumLength).contains(text.utf8.count), text.utf8.allSatisfy(Self.allows) else { return nil }
        rawValue = text
    }

    /// Nil when `text` is not a valid id.
    public init?(_ text: Substring) {
        self.init(String(text))
    }

    /// Nil when the bytes are not a valid id.
    public init?(utf8 bytes: UnsafeBufferPointer<UInt8>) {
        guard (1...Self.maximumLength).contains(bytes.count), Self.allows(bytes) else { return nil }
        rawValue = String(decoding: bytes, as: UTF8.self)
    }

    public var description: String { rawValue }

    /// Hashes the id as one number. Ids are hashed several times for each order, and `String` takes four times as long,
    /// because it hashes equal texts with different bytes alike.
    public func hash(into hasher: inout Hasher) { hasher.combine(digest) }

    /// A number that depends on all bytes and on a secret of the process, so that whoever does
    /// not know it cannot choose ids with the same one.
    public var digest: UInt64 {
        var text = rawValue
        return text.withUTF8 { bytes in
            let raw = UnsafeRawBufferPointer(bytes)
            var digest = Self.secret ^ UInt64(raw.count)
            var place = 0
            while place + 8 <= raw.count {
                digest = Self.mix(digest ^ raw.loadUnaligned(fromByteOffset: place, as: UInt64.self))
                place += 8
            }
            var rest: UInt64 = 0
            while place < raw.count {
                rest = rest << 8 | UInt64(raw[place])
                place += 1
            }
            return Self.mix(digest ^ rest)
        }
    }

    /// The same in every process where Swift's hashing is made deterministic.
    private static let secret = UInt64(bitPattern: Int64(Hasher().finalize()))

    /// Folds the product with an odd constant, as wyhash does.
    private static func mix(_ value: UInt64) -> UInt64 {
        let product = value.multipliedFullWidth(by: 0xa076_1d64_78bd_642f)
        return product.high ^ product.low
    }

    /// Whether it may be a person's id: `all` stands for everyone, and is nobody's.
    public var isPerson: Bool { rawValue != "all" }

    /// Ids are ordered by their bytes, so that every program sorts them in the same way.
    public static func < (left: Identifier, right: Identifier) -> Bool {
        left.rawValue < right.rawValue
    }

    private static func allows(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        for byte in bytes where !allows(byte) { return false }
        return true
    }

    private static func allows(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: ":"),
            UInt8(ascii: "@"), UInt8(ascii: "-"), UInt8(ascii: "|"):
            return true
        default:
            return false
        }
    }
}

/// The id of a record together with its tenant.
public struct TenantScoped: Hashable, Sendable, CustomStringConvertible {
    /// The tenant that the record belongs to.
    public let tenant: Identifier
    /// The id, unique within the tenant and the kind of record.
    public let id: Identifier

    /// The id of a record of this tenant.
    public init(tenant: Identifier, id: Identifier) {
        self.tenant = tenant
        self.id = id
    }

    /// `<tenant>/<id>`, the form of keys in Kafka and in Redis.
    public var description: String { "\(tenant)/\(id)" }

    /// Reads `<tenant>/<id>`; nil when it is anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let tenant = Identifier(parts[0]), let id = Identifier(parts[1]) else { return nil }
        self.init(tenant: tenant, id: id)
    }
}
