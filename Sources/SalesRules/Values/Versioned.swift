/// A record as the last applied event left it. A deleted record keeps its version, so that a late event cannot bring it
/// back.
public struct Versioned<Value: Hashable & Sendable>: Hashable, Sendable {
    /// Nil when it was deleted, or never saved.
    public private(set) var value: Value?
    /// The highest version applied; nil when no event had one.
    public private(set) var version: RecordVersion?

    /// A record in this state; without arguments one that was never saved.
    public init(_ value: Value? = nil, version: RecordVersion? = nil) {
        self.value = value
        self.version = version
    }

    /// Applies an event.
    /// - Parameter value: nil for a deletion.
    /// - Returns: false when the event is stale; nothing has changed then.
    @discardableResult
    public mutating func apply(_ value: Value?, version: RecordVersion?) -> Bool {
        if version.isStale(after: self.version) { return false }
        self.value = value
        self.version = version ?? self.version
        return true
    }
}
