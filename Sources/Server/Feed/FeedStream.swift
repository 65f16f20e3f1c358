internal import NIOCore

/// One viewer's stream. It is closed when the last reference to it is released.
final class FeedStream: Sendable {
    /// The first bytes to send.
    let opening: ByteBuffer
    private let feed: Feed
    private let id: UInt64

    init(feed: Feed, id: UInt64, opening: ByteBuffer) {
        self.feed = feed
        self.id = id
        self.opening = opening
    }

    deinit {
        let id = id
        feed.change { $0.leave(id, at: .now) }
    }

    /// The next frame to write; waits until there is one. Call it after the last frame is written.
    /// - Returns: nil at the end of the stream.
    func next() async -> ByteBuffer? {
        while true {
            let step = await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let step = feed.change { state in
                        state.next(id, at: .now) { continuation.resume(returning: FeedState.Step.wait) }
                    }
                    if step != .wait { continuation.resume(returning: step) }
                }
            } onCancel: {
                end()
            }
            switch step {
            case .write(let frame): return frame
            case .wait: continue
            case .end: return nil
            }
        }
    }

    /// Ends the stream after the frame that is being written.
    func end() {
        let id = id
        feed.change { $0.end(id) }
    }
}
