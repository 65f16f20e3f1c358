internal import Events
internal import NIOCore

/// Decides when streams get a `freshness` event: at each change of the state or its text, but at most once in
/// ``interval``. While the results stay fresh there is no new event.
struct FreshnessEvents {
    static let interval = Duration.seconds(3)

    private var lastSent: (kind: FreshnessState.Kind, text: [UInt8], at: ContinuousClock.Instant)?

    /// The event for a state.
    /// - Returns: the event for new streams, and whether open streams get it too; nil when there is none yet. New
    ///   streams must not get a state that open ones do not get: no later event would correct it.
    mutating func event(
        for state: FreshnessState,
        at now: ContinuousClock.Instant
    ) -> (event: ByteBuffer, isForOpenStreams: Bool)? {
        let text = JSONWriter.object { state.write(to: &$0) }
        if let lastSent {
            if lastSent.kind == .fresh, state.kind == .fresh { return (FeedText.notice("freshness", text), false) }
            if lastSent.text == text || lastSent.at.duration(to: now) < Self.interval { return nil }
        }
        lastSent = (state.kind, text, now)
        return (FeedText.notice("freshness", text), true)
    }
}
