/// Decides, for one partition, where to read, what to deliver, and whether the log is still the one that was read. It
/// does no I/O itself: the consumer reads and calls it.
///
/// Reading starts at the last applied record. If that record is read first, it is compared and skipped. If a
/// later record is read first, the last applied record was compacted away (docs/CONTRACT.md, "Compaction"). If the log
/// has nothing at that offset, its watermarks show why.
package struct PartitionCheck {
    /// The offset of the next record to deliver; nil when reading starts at the beginning and nothing was read yet.
    package private(set) var next: Int64?
    package private(set) var phase: Phase
    private var last: Fingerprint?
    /// The offset of the last applied record, after it was compared; nil when a record was delivered since then.
    private var compared: Int64?

    package enum Phase: Equatable {
        /// The first record that is read must be compared with the last applied one.
        case comparing(Fingerprint)
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
        case stop(LogFault)
    }

    /// A partition that is read from this position.
    package init(_ start: StartPosition) {
        self.init(next: start.next, last: start.last)
    }

    private init(next: Int64?, last: Fingerprint?) {
        self.next = next
        self.last = last
        phase = .reading
        if next != nil, let last { phase = .comparing(last) }
    }

    /// The offset to read from; nil for the beginning.
    package var fetchOffset: Int64? {
        switch phase {
        case .comparing(let last), .outOfRange(let last?): last.offset
        default: next
        }
    }

    /// A record was read.
    /// - Parameter fingerprint: called only if it is compared.
    package mutating func read(offset: Int64, fingerprint: () -> Fingerprint) -> Verdict {
        switch phase {
        case .reading: break
        case .comparing(let last):
            if offset < last.offset { return .skip }
            if offset == last.offset, fingerprint() != last { return stop(.replaced(offset: offset)) }
            phase = .reading
            compared = last.offset
        case .outOfRange, .stopped: return .skip
        }
        // Everything before `next` is applied already.
        if let next, offset < next {
            // The log had no record between the last applied one and `next`: it lost its end and was written again.
            if let compared, offset > compared { return stop(.replaced(offset: offset)) }
            return .skip
        }
        next = offset + 1
        compared = nil
        return .deliver
    }

    /// The end of the log was reached.
    /// - Parameter end: the offset that the next record will have.
    /// - Returns: `deliver` when every record up to `end` was delivered.
    package mutating func reachedEnd(at end: Int64) -> Verdict {
        switch phase {
        case .outOfRange, .stopped: return .skip
        case .reading, .comparing: break
        }
        if let next {
            if end < next { return stop(.beyondEnd(next: next, high: end)) }
            self.next = end
        }
        phase = .reading
        return .deliver
    }

    /// The log has nothing at the requested offset.
    package mutating func offsetOutOfRange() {
        switch phase {
        case .comparing(let last): phase = .outOfRange(last)
        case .reading: phase = .outOfRange(nil)
        case .outOfRange, .stopped: break
        }
    }

    /// The answer to `outOfRange`.
    /// - Returns: what is wrong with the log; nil if reading must start again at `fetchOffset`.
    package mutating func watermarks(_ watermarks: Watermarks) -> LogFault? {
        guard case .outOfRange(let last) = phase else { return nil }
        guard let next else {
            phase = .reading
            return nil
        }
        if next < watermarks.low { return fault(.beginningDeleted(next: next, low: watermarks.low)) }
        if next > watermarks.high { return fault(.beyondEnd(next: next, high: watermarks.high)) }
        // Without the last applied record, retention has deleted it but nothing after it: there is nothing to compare.
        if let last, last.offset >= watermarks.low { phase = .comparing(last) } else { phase = .reading }
        return nil
    }

    /// The connection was lost, so the log may be a different one now: compare again.
    /// - Parameter last: the last record that was delivered; nil if there was none since the start.
    package mutating func checkAgain(last: Fingerprint?) {
        guard phase == .reading else { return }
        self = PartitionCheck(next: next, last: last ?? self.last)
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
