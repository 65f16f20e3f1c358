internal import Concurrency
internal import Synchronization

/// The messages that were received and not yet taken, within limits. A value without I/O.
struct WaitingMessages {
    /// The largest number of waiting messages.
    static let countLimit = 10_000
    /// The largest number of waiting payload bytes, of all messages together.
    static let byteLimit = 64 << 20

    private var messages: [RedisMessage] = []
    private var bytes = 0
    private var hasMissed = false

    /// What one call of `take` returns.
    struct Taken: Sendable, Hashable {
        /// Whether messages were dropped before these.
        var hasMissed = false
        var messages: [RedisMessage] = []
    }

    /// Adds a message. Over a limit all messages are dropped, this one too: a reader that missed one message must read
    /// its data again in any case.
    mutating func append(_ message: RedisMessage) {
        messages.append(message)
        bytes += message.payload.count
        guard messages.count > Self.countLimit || bytes > Self.byteLimit else { return }
        messages = []
        bytes = 0
        hasMissed = true
    }

    /// Removes and returns all messages; nil if there are none and none were dropped.
    mutating func take() -> Taken? {
        guard hasMissed || !messages.isEmpty else { return nil }
        defer { self = WaitingMessages() }
        return Taken(hasMissed: hasMissed, messages: messages)
    }
}

/// Passes messages from the event loop to the one task that takes them.
final class MessageBuffer: Sendable {
    private struct State {
        var waiting = WaitingMessages()
        var end: RedisError?
        var taker: RedisCompletion<Void>?
    }

    private let state = Mutex(State())

    /// Adds a message.
    func append(_ message: RedisMessage) {
        change { $0.waiting.append(message) }
    }

    /// Ends the buffer: `next` throws `error` once all messages are taken.
    func close(_ error: RedisError) {
        change { $0.end = error }
    }

    /// Returns all messages, and waits while there are none.
    ///
    /// - Throws: the error of `close` once all messages are taken, or ``RedisError/cancelled``.
    func next() async throws(RedisError) -> WaitingMessages.Taken {
        while true {
            let change = RedisCompletion<Void>()
            let (taken, end) = state.withLock { state -> (WaitingMessages.Taken?, RedisError?) in
                if let taken = state.waiting.take() { return (taken, nil) }
                state.taker = change
                return (nil, state.end)
            }
            if let taken { return taken }
            if let end { throw end }
            try await change.value()
        }
    }

    private func change(_ body: (inout State) -> Void) {
        let taker = state.withLock { state in
            body(&state)
            defer { state.taker = nil }
            return state.taker
        }
        taker?.complete(.success(()))
    }
}
