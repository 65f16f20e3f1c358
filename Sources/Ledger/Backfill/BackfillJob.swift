/// What is still to be done after a shared target was created, changed or deleted: earlier orders have to be derived
/// anew for it, and what was kept under its former revisions has to go.
package struct BackfillJob: Hashable, Sendable, CustomStringConvertible {
    /// The revision that earlier orders are counted under; nil when the target is no longer shared.
    package var target: Int64?
    /// Former revisions of the target, whose overlaps are no longer read.
    package var stale: Set<Int64>

    /// A job to be done.
    package init(target: Int64?, stale: Set<Int64>) {
        self.target = target
        self.stale = stale
    }

    var isNothing: Bool { target == nil && stale.isEmpty }

    /// `<revision or -> <former revisions, by commas>`
    package var description: String {
        "\(target.map(String.init) ?? "-") \(stale.sorted().map(String.init).joined(separator: ","))"
    }

    /// - Throws: ``CorruptRecord``.
    package init(parsing bytes: [UInt8]) throws(CorruptRecord) {
        let parts = String(decoding: bytes, as: UTF8.self).split(
            separator: " ",
            maxSplits: 1,
            omittingEmptySubsequences: false
        )
        guard parts.count == 2 else { throw CorruptRecord(reason: "a counting job is not one") }
        let former = parts[1].split(separator: ",").map { Int64($0) }
        guard parts[0] == "-" || Int64(parts[0]) != nil, !former.contains(nil) else {
            throw CorruptRecord(reason: "a counting job is not one")
        }
        self.init(target: Int64(parts[0]), stale: Set(former.compactMap(\.self)))
    }
}
