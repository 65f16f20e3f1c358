internal import NIOCore

/// The newest event about each subject of a tenant, ordered by number, with a limit on count and size. The number of
/// the last event that a viewer received gives the events that are still to send. So a slow or returning viewer gets
/// fewer and newer events, and needs no queue of its own.
struct FeedJournal {
    /// The most events that are kept.
    static let countLimit = 4_096
    /// The most bytes that are kept.
    static let byteLimit = 16 << 20
    /// The bytes of a frame; only a single event may be larger.
    static let frameLimit = 64 << 10

    private struct Entry {
        let number: UInt64
        let audience: FeedAudience
        let block: ByteBuffer
    }

    private var entries: [FeedEvent.Subject: Entry] = [:]
    /// Sorted by number. Replaced events are removed from it later than from ``entries``.
    private var order: [(number: UInt64, subject: FeedEvent.Subject)] = []
    private var bytes = 0
    /// Events up to this number may have been discarded.
    private(set) var discardedUpTo: UInt64

    /// An empty journal for the events after this number.
    init(after number: UInt64) { discardedUpTo = number }

    /// Adds an event. Its number must be higher than all others.
    mutating func append(_ event: FeedEvent, at position: FeedPosition) {
        let block = FeedText.block(event, at: position)
        let entry = Entry(number: position.number, audience: event.audience, block: block)
        bytes += block.readableBytes
        if let old = entries.updateValue(entry, forKey: event.subject) { bytes -= old.block.readableBytes }
        order.append((position.number, event.subject))
        if entries.count > Self.countLimit || bytes > Self.byteLimit { discardOldest() }
        if order.count > 2 * entries.count + 64 { order = order.filter { !isReplaced($0) } }
    }

    /// The audience of the event about this subject; nil when there is none.
    func audience(of subject: FeedEvent.Subject) -> FeedAudience? { entries[subject]?.audience }

    /// Discards everything up to this number.
    mutating func restart(after number: UInt64) { self = FeedJournal(after: number) }

    /// The next events of a scope after a number, up to ``frameLimit``.
    /// - Returns: the events and the number of the last one; nil when there is none.
    func frame(after number: UInt64, for scope: FeedScope) -> (frame: ByteBuffer, upTo: UInt64)? {
        var frame: ByteBuffer?
        var upTo = number
        for (number, subject) in order[firstIndex(after: number)...] {
            guard let entry = entries[subject], entry.number == number, entry.audience.includes(scope) else { continue }
            if let length = frame?.readableBytes {
                if length + entry.block.readableBytes > Self.frameLimit { break }
                frame?.writeImmutableBuffer(entry.block)
            } else {
                frame = entry.block
            }
            upTo = number
        }
        return frame.map { ($0, upTo) }
    }

    private func firstIndex(after number: UInt64) -> Int {
        var range = order.startIndex..<order.endIndex
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            range = order[middle].number > number ? range.lowerBound..<middle : middle + 1..<range.upperBound
        }
        return range.lowerBound
    }

    private func isReplaced(_ item: (number: UInt64, subject: FeedEvent.Subject)) -> Bool {
        entries[item.subject]?.number != item.number
    }

    /// Discards the oldest events down to three quarters of the limits, so that not every new event causes this work.
    private mutating func discardOldest() {
        var kept = order.filter { !isReplaced($0) }[...]
        while let oldest = kept.first, entries.count > Self.countLimit * 3 / 4 || bytes > Self.byteLimit * 3 / 4 {
            bytes -= entries.removeValue(forKey: oldest.subject)?.block.readableBytes ?? 0
            discardedUpTo = oldest.number
            kept.removeFirst()
        }
        order = Array(kept)
    }
}
