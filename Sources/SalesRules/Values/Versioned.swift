/// The rule of versions (docs/CONTRACT.md, "Versions"), for every kind of record.
public enum RecordVersion {
    /// Whether an event is stale: it has a version, and this is not above the highest version applied to its record.
    /// - Parameter highest: nil when no event of the record had a version.
    public static func isStale(_ version: Int64?, after highest: Int64?) -> Bool {
        guard let version, let highest else { return false }
        return version <= highest
    }
}

/// A record as the last applied event left it. A deleted record keeps its version, so that a late event cannot bring it
/// back.
public struct Versioned<Value: Hashable & Sendable>: Hashable, Sendable {
    /// Nil when it was deleted, or never saved.
    public private(set) var value: Value?
    /// The highest version applied; nil when no event had one.
    public private(set) var version: Int64?

    /// A record in this state; without arguments one that was never saved.
    public init(_ value: Value? = nil, version: Int64? = nil) {
        self.value = value
        self.version = version
    }

    /// Applies an event.
    /// - Parameter value: nil for a deletion.
    /// - Returns: false when the event is stale; nothing has changed then.
    @discardableResult
    public mutating func apply(_ value: Value?, version: Int64?) -> Bool {
        if RecordVersion.isStale(version, after: self.version) { return false }
        self.value = value
        self.version = version ?? self.version
        return true
    }
}
