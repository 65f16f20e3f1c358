package import SalesRules

/// The entity tag of a record: its version and a hash of its content. It does not depend on results, which change
/// without a change of the record.
package struct RecordETag: Hashable, Sendable, CustomStringConvertible {
    private let version: RecordVersion?
    private let hash: UInt64

    /// The tag of a target.
    package init(_ target: Target) {
        let record = CatalogRecord(target: target, version: target.version, countsFrom: 0)
        self.init(version: target.version, record.encode())
    }

    /// The tag of an allocation.
    /// - Parameter isOwn: true for one that was saved on its own, false for one that the order lists.
    package init(_ allocation: Allocation, version: RecordVersion?, isOwn: Bool) {
        var writer = ByteWriter(reserving: 64)
        writer.byte(isOwn ? 1 : 0)
        writer.allocation(allocation)
        self.init(version: version, writer.bytes)
    }

    private init(version: RecordVersion?, _ bytes: [UInt8]) {
        var hash = FNV1a()
        hash.mix(bytes)
        self.hash = hash.value
        self.version = version
    }

    /// A strong entity tag of HTTP with its quotes: `"3.1-1f0c…"` for the first edit of version 3, `".1-1f0c…"` where
    /// there is no number.
    package var description: String {
        let digits = String(hash, radix: 16)
        let version = "\(version?.number.map { "\($0)" } ?? "").\(version?.edit ?? 0)"
        return "\"\(version)-\(String(repeating: "0", count: 16 - digits.count))\(digits)\""
    }
}
