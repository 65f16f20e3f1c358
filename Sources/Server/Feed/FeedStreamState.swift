internal import Foundation
internal import NIOCore

/// The state of one stream.
struct FeedStreamState {
    let viewer: Viewer
    let scope: FeedScope
    /// All events up to this number are sent, or are not for this viewer.
    var number: UInt64
    /// The rest of a snapshot, in reverse order. It is sent before any event.
    var backlog: [ByteBuffer] = []
    /// Whether it waits for a snapshot.
    var needsSnapshot = false
    /// Whether a comment is due, which keeps the connection open.
    var needsComment = false
    var isEnded = false
    /// The number of the last freshness event that was sent.
    var freshness: UInt64
    /// Resumes the task that waits for the next frame; nil while no task waits.
    var wake: (@Sendable () -> Void)?
    /// When the write of the current frame began; nil while none is written.
    var writingSince: ContinuousClock.Instant?
    /// Closes the connection, even during a write.
    let closeConnection: @Sendable () -> Void

    /// Takes the next frame from the backlog.
    mutating func takeBacklog() -> ByteBuffer? {
        guard var frame = backlog.popLast() else { return nil }
        while let next = backlog.last, frame.readableBytes + next.readableBytes <= FeedJournal.frameLimit {
            frame.writeImmutableBuffer(next)
            backlog.removeLast()
        }
        return frame
    }
}
