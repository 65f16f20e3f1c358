/// How far a partition of the log has been applied: the next offset, and the last record before it.
///
/// An offset alone does not prove that the log is still the same one, so the last applied record is read again and
/// compared before reading continues (``PartitionCheck``). Compaction may have removed that record; then `newest` and
/// `earlier` are compared with the records that are left.
public struct Cursor: Hashable, Sendable {
    /// The next offset to read. It is above `last.offset + 1` where the log has offsets without a record, such as the
    /// markers that end a transaction.
    public var next: Int64
    /// The last record that was applied.
    public var last: Fingerprint
    /// The highest timestamp of all records before `next`, in milliseconds since 1970; nil if unknown, -1 if none had one.
    public var newest: Int64?
    /// A few records before `last`, at growing distances, the nearest first.
    public var earlier: [Fingerprint]

    /// The most records in ``earlier``.
    public static let maximumEarlier = 6
    /// Each of them is about this many times as far away as the one before.
    private static let growth: Int64 = 16

    /// A cursor after the record with this fingerprint.
    public init(next: Int64, last: Fingerprint, newest: Int64? = nil, earlier: [Fingerprint] = []) {
        self.next = next
        self.last = last
        self.newest = newest
        self.earlier = earlier
    }

    /// The cursor after more records.
    /// - Parameter newest: the highest timestamp of these records.
    public func moved(to next: Int64, last: Fingerprint, newest: Int64) -> Cursor {
        var cursor = Cursor(next: next, last: last, newest: self.newest.map { max($0, newest) }, earlier: earlier)
        if last == self.last { return cursor }
        cursor.earlier = []
        var limit = Self.growth
        // One for each range of distances: the farthest, so that it grows old enough for the next range.
        for known in [self.last] + earlier where known.offset >= 0 && known.offset < last.offset {
            let distance = last.offset - known.offset
            if distance < limit, !cursor.earlier.isEmpty { cursor.earlier.removeLast() }
            while distance >= limit, limit < .max {
                limit = limit > .max / Self.growth ? .max : limit * Self.growth
            }
            cursor.earlier.append(known)
        }
        cursor.earlier = Array(cursor.earlier.prefix(Self.maximumEarlier))
        return cursor
    }
}

/// Where reading of a partition starts.
public enum StartPosition: Hashable, Sendable {
    /// At the first record that the log still has, whatever its offset is.
    case beginning
    /// At this offset. The log must still have it.
    case offset(Int64, ahead: [Cursor] = [])
    /// At a cursor, after the record that it names was read again and compared.
    ///
    /// `ahead` are the cursors of shards that have applied more: the records up to them are compared too, because such a
    /// shard skips them.
    case after(Cursor, ahead: [Cursor] = [])

    /// The offset of the first record to deliver; nil for the beginning of the log.
    public var next: Int64? {
        switch self {
        case .beginning: nil
        case .offset(let offset, _): offset
        case .after(let cursor, _): cursor.next
        }
    }

    /// The last record that was applied; nil where there was none.
    public var last: Fingerprint? {
        if case .after(let cursor, _) = self { cursor.last } else { nil }
    }

    /// The cursor after records that were read from here.
    /// - Parameter newest: their highest timestamp.
    public func moved(to next: Int64, last: Fingerprint, newest: Int64) -> Cursor {
        switch self {
        case .after(let cursor, _): cursor.moved(to: next, last: last, newest: newest)
        // Nothing is before the first offset; before another one there may be records of any age.
        case .offset(0, _): Cursor(next: next, last: last, newest: max(newest, -1))
        case .beginning, .offset: Cursor(next: next, last: last)
        }
    }
}
