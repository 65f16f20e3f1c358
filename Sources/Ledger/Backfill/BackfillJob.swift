/// The work that remains after a shared target was created, changed or deleted: earlier orders must be derived again
/// for it, and the overlaps of its former revisions must be deleted.
package struct BackfillJob: Hashable, Sendable, CustomStringConvertible {
    /// The target's revision, for which earlier orders are derived again; nil when the target is no longer shared.
    package var target: Int64?
    /// Former revisions of the target, whose overlaps are no longer read.
    package var formerRevisions: Set<Int64>

    /// A job.
    package init(target: Int64?, formerRevisions: Set<Int64>) {
        self.target = target
        self.formerRevisions = formerRevisions
    }

    var isEmpty: Bool { target == nil && formerRevisions.isEmpty }

    /// `<revision or -> <former revisions between commas>`
    package var description: String {
        "\(target.map(String.init) ?? "-") \(formerRevisions.sorted().map(String.init).joined(separator: ","))"
    }

    /// - Throws: ``CorruptRecord``.
    package init(parsing bytes: [UInt8]) throws(CorruptRecord) {
        let parts = String(decoding: bytes, as: UTF8.self).split(
            separator: " ",
            maxSplits: 1,
            omittingEmptySubsequences: false
        )
        guard parts.count == 2 else { throw CorruptRecord(reason: "it is not a valid backfill") }
        let former = parts[1].split(separator: ",").map { Int64($0) }
        guard parts[0] == "-" || Int64(parts[0]) != nil, !former.contains(nil) else {
            throw CorruptRecord(reason: "it is not a valid backfill")
        }
        self.init(target: Int64(parts[0]), formerRevisions: Set(former.compactMap(\.self)))
    }
}
