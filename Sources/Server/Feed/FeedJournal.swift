internal import NIOCore

/// The newest event about each thing that changed of a tenant, in the order of their numbers, within bounds: what a
/// viewer has not seen yet is found by the number of the last one that they have. A viewer who is slow, or comes back,
/// so gets fewer events and newer ones, and takes no room meanwhile.
struct FeedJournal {
    /// The most events that are kept.
    static let countLimit = 4_096
    /// The most bytes that are kept.
    static let byteLimit = 16 << 20
    /// About how many bytes go out at once.
    static let frameLimit = 64 << 10

    private struct Entry {
        let number: UInt64
        let audience: FeedAudience
        let block: ByteBuffer
    }

    private var entries: [FeedEvent.Subject: Entry] = [:]
    /// Rising numbers; those that a newer event replaced are still in it for a while.
    private var order: [(number: UInt64, subject: FeedEvent.Subject)] = []
    private var bytes = 0
    /// Up to this number, events may be gone.
    private(set) var floor: UInt64

    /// A journal of what comes after this number.
    init(after number: UInt64) { floor = number }

    /// Adds an event with a number above all others.
    mutating func append(_ event: FeedEvent, at position: FeedPosition) {
        let block = FeedText.block(event, at: position)
        let entry = Entry(number: position.number, audience: event.audience, block: block)
        bytes += block.readableBytes
        if let old = entries.updateValue(entry, forKey: event.subject) { bytes -= old.block.readableBytes }
        order.append((position.number, event.subject))
        if entries.count > Self.countLimit || bytes > Self.byteLimit { forget() }
        if order.count > 2 * entries.count + 64 { order = order.filter { !isReplaced($0) } }
    }

    /// Who the event about this is for; nil when there is none.
    func audience(of subject: FeedEvent.Subject) -> FeedAudience? { entries[subject]?.audience }

    /// Forgets everything up to this number.
    mutating func restart(after number: UInt64) { self = FeedJournal(after: number) }

    /// The next events that a scope gets after a number, put together up to the limit.
    /// - Returns: nil when there is none; and the number up to which they go.
    func frame(after number: UInt64, for scope: FeedScope) -> (frame: ByteBuffer, upTo: UInt64)? {
        var frame: ByteBuffer?
        var upTo = number
        for (number, subject) in order[firstPlace(after: number)...] {
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

    private func firstPlace(after number: UInt64) -> Int {
        var range = order.startIndex..<order.endIndex
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            range = order[middle].number > number ? range.lowerBound..<middle : middle + 1..<range.upperBound
        }
        return range.lowerBound
    }

    private func isReplaced(_ place: (number: UInt64, subject: FeedEvent.Subject)) -> Bool {
        entries[place.subject]?.number != place.number
    }

    /// Drops the oldest events down to three quarters of what fits, so that it is not done for each new one.
    private mutating func forget() {
        var kept = order.filter { !isReplaced($0) }[...]
        while let oldest = kept.first, entries.count > Self.countLimit * 3 / 4 || bytes > Self.byteLimit * 3 / 4 {
            bytes -= entries.removeValue(forKey: oldest.subject)?.block.readableBytes ?? 0
            floor = oldest.number
            kept.removeFirst()
        }
        order = Array(kept)
    }
}
