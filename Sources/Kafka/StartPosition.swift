/// Where reading of a partition begins.
public struct StartPosition: Hashable, Sendable {
    /// The offset of the first record to deliver; nil for the beginning of the log.
    public var next: Int64?
    /// The last record that was applied: it is read again and compared before anything is delivered. nil if there was
    /// none. Of no effect where `next` is nil.
    public var lastApplied: Fingerprint?

    /// A position; without arguments the beginning.
    public init(next: Int64? = nil, lastApplied: Fingerprint? = nil) {
        self.next = next
        self.lastApplied = lastApplied
    }
}
