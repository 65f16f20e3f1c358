internal import Foundation
internal import NIOCore

/// One stream: what it is for, and how far it is.
struct FeedStreamState {
    let viewer: Viewer
    let scope: FeedScope
    /// Everything up to this number is sent, or is not for this viewer.
    var number: UInt64
    /// Goes out before anything else, from its end on.
    var backlog: [ByteBuffer] = []
    /// Whether it waits to be told how everything stands.
    var isBehind = false
    /// Whether it is to show that it is alive.
    var owesComment = false
    var isEnded = false
    /// Which of the news of how old the results are was sent last.
    var freshness: UInt64
    /// Wakes whoever waits for the next frame; nil while the last one is being written.
    var wake: (@Sendable () -> Void)?
    /// Since when the last frame is being written.
    var writingSince: ContinuousClock.Instant?
    /// Ends the connection in the middle of a write.
    let hangUp: @Sendable () -> Void

    /// As much of the backlog as goes out at once.
    mutating func takeBacklog() -> ByteBuffer? {
        guard var frame = backlog.popLast() else { return nil }
        while let next = backlog.last, frame.readableBytes + next.readableBytes <= FeedJournal.frameLimit {
            frame.writeImmutableBuffer(next)
            backlog.removeLast()
        }
        return frame
    }
}
