/// Decides, for one partition, where to read, what to deliver, and whether the log is still the one that was read. It
/// does no I/O itself: the consumer reads and calls it.
///
/// Reading starts at the last applied record. If that record is read first, it is compared and skipped. If a later record
/// is read first, either compaction removed the last applied one (docs/CONTRACT.md, "Compaction") or the topic was
/// created again, so the records before the cursor are searched: in the same log each of them was applied, so none has a
/// higher timestamp than the highest that was applied, and those whose fingerprints are known are the same. If the log
/// has nothing at that offset, its watermarks show why.
///
/// Records that are delivered are compared in the same way with the cursors ahead (``StartPosition/after(_:ahead:)``).
package struct PartitionCheck {
    /// The offset of the next record to deliver; nil when reading starts at the beginning and nothing was read yet.
    package private(set) var next: Int64?
    package private(set) var phase: Phase
    /// What was applied, or delivered before the last comparison; nil where there was nothing.
    private var cursor: Cursor?
    /// The cursors of shards that have applied records which are still to be read.
    private var ahead: [Cursor] = []
    /// The highest timestamp of all records before `next`; nil if unknown.
    private var newest: Int64?
    /// The first offset of the log, as far as it is known.
    private var low: Int64 = 0
    /// The offset of the last applied record, after it was compared; nil when a record was delivered since then.
    private var compared: Int64?

    package enum Phase: Equatable {
        /// The first record that is read must be compared with the last applied one.
        case comparing(Fingerprint)
        /// The last applied record is gone: the records from this offset up to the cursor must fit what was applied.
        case searching(from: Int64)
        /// The log is the one that was read; records are delivered.
        case reading
        /// The log has nothing at the requested offset: its watermarks are needed.
        case outOfRange(Fingerprint?)
        /// Nothing more is delivered.
        case stopped
    }

    /// What to do with a record or with the end of the log.
    package enum Verdict: Equatable {
        case deliver
        case skip
        /// Read again, from `fetchOffset`.
        case again
        case stop(LogFault)
    }

    /// A partition that is read from this position.
    package init(_ start: StartPosition) {
        next = start.next
        phase = .reading
        switch start {
        case .beginning: break
        case .offset(let offset, let ahead):
            newest = offset == 0 ? -1 : nil
            self.ahead = ahead
        case .after(let cursor, let ahead):
            self.cursor = cursor
            self.ahead = ahead
            newest = cursor.newest
            phase = .comparing(cursor.last)
        }
    }

    /// The offset to read from; nil for the beginning.
    package var fetchOffset: Int64? {
        switch phase {
        case .comparing(let last), .outOfRange(let last?): last.offset
        case .searching(let offset): offset
        default: next
        }
    }

    /// A record was read.
    /// - Parameter fingerprint: called only if it is compared.
    package mutating func read(offset: Int64, timestamp: Int64, fingerprint: () -> Fingerprint) -> Verdict {
        switch phase {
        case .reading: break
        case .comparing(let last):
            if offset < last.offset { return .skip }
            if offset > last.offset {
                if let next, offset < next { return stop(.replaced(offset: offset)) }
                return search()
            }
            if fingerprint() != last { return stop(.replaced(offset: offset)) }
            phase = .reading
            compared = last.offset
        case .searching:
            guard let next, offset < next else {
                phase = .reading
                break
            }
            if let cursor, !cursor.covers(offset, timestamp, newest: newest, fingerprint) {
                return stop(.replaced(offset: offset))
            }
            phase = .searching(from: offset + 1)
            return .skip
        case .outOfRange, .stopped: return .skip
        }
        // Everything before `next` is applied already.
        if let next, offset < next {
            // The log had no record between the last applied one and `next`: it lost its end and was written again.
            if let compared, offset > compared { return stop(.replaced(offset: offset)) }
            return .skip
        }
        if !ahead.isEmpty {
            ahead.removeAll { $0.next <= offset }
            let isApplied = ahead.allSatisfy { $0.covers(offset, timestamp, newest: $0.newest, fingerprint) }
            if !isApplied { return stop(.replaced(offset: offset)) }
        }
        next = offset + 1
        newest = newest.map { max($0, timestamp) }
        compared = nil
        return .deliver
    }

    private mutating func search() -> Verdict {
        phase = .searching(from: max(low, cursor?.earlier.last?.offset ?? 0))
        return .again
    }

    /// The end of the log was reached.
    /// - Parameter end: the offset that the next record will have.
    /// - Returns: `deliver` when every record up to `end` was delivered.
    package mutating func reachedEnd(at end: Int64) -> Verdict {
        if phase == .stopped { return .skip }
        if case .outOfRange = phase { return .skip }
        if let next {
            // Not of cursors ahead: after an election the end may be behind what was read, for a moment. What is written
            // again at their offsets is compared when it comes.
            if end < next { return stop(.beyondEnd(next: next, high: end)) }
            if case .comparing = phase { return search() }
            self.next = end
        }
        phase = .reading
        return .deliver
    }

    /// The log has nothing at the requested offset.
    package mutating func offsetOutOfRange() {
        switch phase {
        case .comparing(let last): phase = .outOfRange(last)
        case .searching: phase = .outOfRange(cursor?.last)
        case .reading: phase = .outOfRange(nil)
        case .outOfRange, .stopped: break
        }
    }

    /// The answer to `outOfRange`.
    /// - Returns: what is wrong with the log; nil if reading must start again at `fetchOffset`.
    package mutating func watermarks(_ watermarks: Watermarks) -> LogFault? {
        guard case .outOfRange(let last) = phase else { return nil }
        low = watermarks.low
        guard let next else {
            phase = .reading
            return nil
        }
        if next < watermarks.low { return fault(.beginningDeleted(next: next, low: watermarks.low)) }
        if let lost = ([next] + ahead.map(\.next)).first(where: { watermarks.high < $0 }) {
            return fault(.beyondEnd(next: lost, high: watermarks.high))
        }
        // Without the last applied record, retention has deleted it but nothing after it: there is nothing to compare.
        if let last, last.offset >= watermarks.low { phase = .comparing(last) } else { phase = .reading }
        return nil
    }

    /// The connection was lost, so the log may be a different one now: compare again.
    /// - Parameter last: the last record that was delivered; nil if there was none since the start.
    package mutating func checkAgain(last: Fingerprint?) {
        guard phase == .reading else { return }
        if let next, let last {
            // Records that were delivered one after the other; the consumer keeps only the last of them.
            cursor = (cursor ?? Cursor(next: next, last: last)).moved(to: next, last: last, newest: -1)
        }
        if let cursor { phase = .comparing(cursor.last) }
    }

    /// Delivers nothing more.
    package mutating func stop() { phase = .stopped }

    private mutating func stop(_ fault: LogFault) -> Verdict {
        phase = .stopped
        return .stop(fault)
    }

    private mutating func fault(_ fault: LogFault) -> LogFault {
        phase = .stopped
        return fault
    }
}

extension Cursor {
    /// Whether a record before `next` can be one that was applied.
    /// - Parameter newest: the highest timestamp of those that were; nil if unknown.
    fileprivate func covers(
        _ offset: Int64,
        _ timestamp: Int64,
        newest: Int64?,
        _ fingerprint: () -> Fingerprint
    ) -> Bool {
        if offset > last.offset { return false }
        if let newest, timestamp > newest { return false }
        guard let known = ([last] + earlier).first(where: { $0.offset == offset }) else { return true }
        return fingerprint() == known
    }
}
