internal import Concurrency
internal import Synchronization

/// What was published and not yet taken, within bounds. A value without I/O.
struct WaitingMessages {
    /// The most messages that wait.
    static let countLimit = 10_000
    /// The most bytes that wait, of all messages together.
    static let byteLimit = 64 << 20

    private var messages: [RedisMessage] = []
    private var bytes = 0
    private var hasMissed = false

    /// What there is to tell.
    struct Taken: Sendable, Hashable {
        /// Whether messages before these were dropped.
        var hasMissed = false
        var messages: [RedisMessage] = []
    }

    /// Adds a message. When there is no room all go, this one too: whoever missed one has to look anew in any case.
    mutating func append(_ message: RedisMessage) {
        messages.append(message)
        bytes += message.payload.count
        guard messages.count > Self.countLimit || bytes > Self.byteLimit else { return }
        messages = []
        bytes = 0
        hasMissed = true
    }

    /// All there is; nil when that is nothing.
    mutating func take() -> Taken? {
        guard hasMissed || !messages.isEmpty else { return nil }
        defer { self = WaitingMessages() }
        return Taken(hasMissed: hasMissed, messages: messages)
    }
}

/// Hands what is published from the event loop to the one task that takes it.
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

    /// Nothing will come any more, because of `error`.
    func close(_ error: RedisError) {
        change { $0.end = error }
    }

    /// What is there, waited for if that is nothing.
    ///
    /// - Throws: what it was closed with, once all is taken; or ``RedisError/cancelled``.
    func next() async throws(RedisError) -> WaitingMessages.Taken {
        while true {
            let news = RedisCompletion<Void>()
            let (taken, end) = state.withLock { state -> (WaitingMessages.Taken?, RedisError?) in
                if let taken = state.waiting.take() { return (taken, nil) }
                state.taker = news
                return (nil, state.end)
            }
            if let taken { return taken }
            if let end { throw end }
            try await news.value()
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
