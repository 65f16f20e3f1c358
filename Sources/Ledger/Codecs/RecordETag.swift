package import SalesRules

/// Tells two states of one record apart, from its version and a hash of what it holds. What changes by itself, as a
/// target's result does, has no part in it.
package struct RecordETag: Hashable, Sendable, CustomStringConvertible {
    private let version: Int64
    private let hash: UInt64

    /// The state of a target.
    package init(_ target: Target) {
        let record = CatalogRecord(target: target, version: target.version, countsFrom: 0)
        self.init(version: target.version, record.encode())
    }

    /// The state of an allocation of an order.
    /// - Parameter isOwn: whether it was saved on its own, and not listed on the order.
    package init(_ allocation: Allocation, version: Int64?, isOwn: Bool) {
        var writer = ByteWriter(reserving: 64)
        writer.byte(isOwn ? 1 : 0)
        writer.allocation(allocation)
        self.init(version: version, writer.bytes)
    }

    private init(version: Int64?, _ bytes: [UInt8]) {
        var hash = FNV1a()
        hash.mix(bytes)
        self.hash = hash.value
        self.version = version ?? 0
    }

    /// A strong entity tag of HTTP: `"3-1f0c…"`, with its quotes.
    package var description: String {
        let digits = String(hash, radix: 16)
        return "\"\(version)-\(String(repeating: "0", count: 16 - digits.count))\(digits)\""
    }
}
