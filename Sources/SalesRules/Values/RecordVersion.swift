/// What the source of a record counts, and the changes made since over HTTP (docs/CONTRACT.md, "Versions"). An event
/// without both has none.
public struct RecordVersion: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The source's number; nil when the source gives none, which is below every number.
    public let number: Int64?
    /// The number of the change over HTTP since that version; 0 for the version itself.
    public let edit: Int64

    /// Nil when there is neither a number nor an edit, or the edit is below zero.
    public init?(number: Int64?, edit: Int64 = 0) {
        guard edit >= 0, number != nil || edit > 0 else { return nil }
        self.number = number
        self.edit = edit
    }

    /// The version of the next change over HTTP: the next edit of the same number.
    /// - Parameter highest: the highest version applied; nil when no event of the record had one.
    /// - Returns: nil when there is no higher edit.
    public static func edit(after highest: RecordVersion?) -> RecordVersion? {
        let (edit, overflow) = (highest?.edit ?? 0).addingReportingOverflow(1)
        return overflow ? nil : RecordVersion(number: highest?.number, edit: edit)
    }

    public static func < (left: RecordVersion, right: RecordVersion) -> Bool {
        if left.number == right.number { return left.edit < right.edit }
        guard let right = right.number else { return false }
        return left.number.map { $0 < right } ?? true
    }

    /// `7`, `7 edit 2`, or `edit 2`.
    public var description: String {
        [number.map { "\($0)" }, edit > 0 ? "edit \(edit)" : nil].compactMap(\.self).joined(separator: " ")
    }
}

extension RecordVersion: ExpressibleByIntegerLiteral {
    /// A version of the source.
    public init(_ number: Int64) {
        self.number = number
        edit = 0
    }

    public init(integerLiteral number: Int64) { self.init(number) }
}

extension RecordVersion? {
    /// Whether an event with this version is stale. An event without one never is.
    /// - Parameter highest: the highest version applied; nil when no event of the record had one.
    public func isStale(after highest: RecordVersion?) -> Bool {
        guard let self, let highest else { return false }
        return self <= highest
    }
}
