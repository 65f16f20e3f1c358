/// How far a partition of the log has been applied: the next offset, and the last record before it.
///
/// An offset alone does not prove that the log is still the same one, so the last applied record is read again and
/// compared before reading continues (``PartitionCheck``).
public struct Cursor: Hashable, Sendable {
    /// The next offset to read. It is above `last.offset + 1` where the log has offsets without a record, such as the
    /// markers that end a transaction.
    public var next: Int64
    /// The last record that was applied.
    public var last: Fingerprint

    /// A cursor after the record with this fingerprint.
    public init(next: Int64, last: Fingerprint) {
        self.next = next
        self.last = last
    }
}

/// Where reading of a partition starts.
public enum StartPosition: Hashable, Sendable {
    /// At the first record that the log still has, whatever its offset is.
    case beginning
    /// At this offset. The log must still have it.
    case offset(Int64)
    /// At a cursor, after the record that it names was read again and compared.
    case after(Cursor)

    /// The offset of the first record to deliver; nil for the beginning of the log.
    public var next: Int64? {
        switch self {
        case .beginning: nil
        case .offset(let offset): offset
        case .after(let cursor): cursor.next
        }
    }

    /// The last record that was applied; nil where there was none.
    public var last: Fingerprint? {
        if case .after(let cursor) = self { cursor.last } else { nil }
    }
}
