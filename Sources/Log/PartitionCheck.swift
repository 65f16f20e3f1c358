/// Decides, for one partition, where to read, what to deliver, and whether the log is still the one that was read.
///
/// Reading starts at the last applied record itself. If that record comes first, it is compared and skipped; if a later
/// one comes first, the record was compacted away. If the log has nothing at that offset, its watermarks tell why. A
/// value without I/O: the consumer does what it says.
package struct PartitionCheck {
    /// The offset of the next record to deliver; nil where reading starts at the beginning and nothing was read yet.
    package private(set) var next: Int64?
    package private(set) var phase: Phase
    private var last: Fingerprint?
    /// The offset of the record that was compared last; nil again once one was delivered.
    private var compared: Int64?

    package enum Phase: Equatable {
        /// The first record is still to be compared with the last applied one.
        case comparing(Fingerprint)
        /// The log is the right one; records are delivered.
        case reading
        /// The log has nothing at the offset asked for: its watermarks are needed.
        case outOfRange(Fingerprint?)
        /// Nothing more is delivered.
        case stopped
    }

    /// What to do with something that was read.
    package enum Verdict: Equatable {
        case deliver
        case skip
        case stop(LogFault)
    }

    /// A partition that is read from this position on.
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
            // There was no record between the last one and `next`: the log lost its end and was written again.
            if let compared, offset > compared { return stop(.replaced(offset: offset)) }
            return .skip
        }
        next = offset + 1
        compared = nil
        return .deliver
    }

    /// The end of the log was reached.
    /// - Parameter end: the offset that the next record will have.
    /// - Returns: `deliver` if that is the end of what was to be read.
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

    /// The log has nothing at the offset asked for.
    package mutating func offsetOutOfRange() {
        switch phase {
        case .comparing(let last): phase = .outOfRange(last)
        case .reading: phase = .outOfRange(nil)
        case .outOfRange, .stopped: break
        }
    }

    /// The answer to `outOfRange`. Unless there is a fault, reading has to start again at `fetchOffset`.
    package mutating func watermarks(_ watermarks: Watermarks) -> LogFault? {
        guard case .outOfRange(let last) = phase else { return nil }
        guard let next else {
            phase = .reading
            return nil
        }
        if next < watermarks.low { return fault(.beginningDeleted(next: next, low: watermarks.low)) }
        if next > watermarks.high { return fault(.beyondEnd(next: next, high: watermarks.high)) }
        // Retention deleted the last applied record, but nothing after it.
        if let last, last.offset >= watermarks.low { phase = .comparing(last) } else { phase = .reading }
        return nil
    }

    /// The connection was lost, and the log may be another one afterwards: compare again.
    /// - Parameter last: the last record delivered, if there was one since the start.
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
