/// Decides, for one partition, what is read, what is delivered, and whether the log is still the one that was read.
///
/// Reading starts at the last applied record itself. If it comes first, it is compared and swallowed; if a later one
/// comes first, it was compacted away. If the broker has nothing at that offset, its watermarks tell why. A value
/// without I/O: `KafkaConsumer` does what it says.
package struct PartitionCheck {
    package private(set) var start: StartPosition
    package private(set) var phase: Phase
    /// The offset of the record that was last compared; nil again once one was delivered.
    private var compared: Int64?

    /// What is read of it.
    package enum Phase: Equatable {
        /// The first record is still to be compared with the last applied one.
        case comparing(Fingerprint)
        /// The log is the right one; records are delivered.
        case reading
        /// The broker has nothing at the offset asked for: its watermarks are needed.
        case outOfRange(Fingerprint?)
        /// Nothing more is delivered.
        case halted
    }

    /// What becomes of something that was read.
    package enum Verdict: Equatable {
        case deliver
        case swallow
        case halt(LogFault)
    }

    /// A partition that is read from this position on.
    package init(_ start: StartPosition) {
        self.start = start
        phase = .reading
        if start.next != nil, let last = start.lastApplied { phase = .comparing(last) }
    }

    /// The offset to read from; nil for the beginning.
    package var fetchOffset: Int64? {
        switch phase {
        case .comparing(let last), .outOfRange(let last?): last.offset
        default: start.next
        }
    }

    /// A record was read.
    /// - Parameter fingerprint: asked for only if it is compared.
    package mutating func read(offset: Int64, fingerprint: () -> Fingerprint) -> Verdict {
        switch phase {
        case .reading: break
        case .comparing(let last):
            if offset < last.offset { return .swallow }
            if offset == last.offset, fingerprint() != last { return halt(.replaced(offset: offset)) }
            phase = .reading
            compared = last.offset
        case .outOfRange, .halted: return .swallow
        }
        // Up to `next` all is applied already.
        if let next = start.next, offset < next {
            // Between the last record and `next` there was none: the log lost its end and was written again.
            if let compared, offset > compared { return halt(.replaced(offset: offset)) }
            return .swallow
        }
        start.next = offset + 1
        compared = nil
        return .deliver
    }

    /// The end of the log was reached.
    /// - Parameter end: the offset that the next record will have.
    /// - Returns: `deliver` if that is the end of what was to be read.
    package mutating func reachedEnd(at end: Int64) -> Verdict {
        switch phase {
        case .outOfRange, .halted: return .swallow
        case .reading, .comparing: break
        }
        if let next = start.next {
            if end < next { return halt(.beyondEnd(next: next, high: end)) }
            start.next = end
        }
        phase = .reading
        return .deliver
    }

    /// The broker has nothing at the offset asked for.
    package mutating func offsetOutOfRange() {
        switch phase {
        case .comparing(let last): phase = .outOfRange(last)
        case .reading: phase = .outOfRange(nil)
        case .outOfRange, .halted: break
        }
    }

    /// The answer to `outOfRange`. Reading has to be started again at `fetchOffset`, unless there is a fault.
    package mutating func watermarks(low: Int64, high: Int64) -> LogFault? {
        guard case .outOfRange(let last) = phase else { return nil }
        guard let next = start.next else {
            phase = .reading
            return nil
        }
        if next < low { return fault(.beginningDeleted(next: next, low: low)) }
        if next > high { return fault(.beyondEnd(next: next, high: high)) }
        // Retention took the last applied record, but nothing after it.
        if let last, last.offset >= low { phase = .comparing(last) } else { phase = .reading }
        return nil
    }

    /// The connection was lost, and the log may be another when it is back: compare again.
    /// - Parameter last: the last record delivered, if there was one since the start.
    package mutating func checkAgain(last: Fingerprint?) {
        guard phase == .reading else { return }
        if let last { start.lastApplied = last }
        self = PartitionCheck(start)
    }

    /// Delivers nothing more.
    package mutating func stop() { phase = .halted }

    private mutating func halt(_ fault: LogFault) -> Verdict {
        phase = .halted
        return .halt(fault)
    }

    private mutating func fault(_ fault: LogFault) -> LogFault {
        phase = .halted
        return fault
    }
}
