internal import NIOCore

/// Matches replies to requests. A queue is enough, because Redis answers in the order of the commands. A value without
/// I/O: the caller does what the methods return.
struct ReplyQueue<Request> {
    /// The most unanswered bytes. More requests are refused; a single request may exceed the limit.
    static var byteLimit: Int { 256 << 20 }
    /// The approximate memory of a request in addition to its bytes, so that the limit also holds for many small requests.
    static var requestCost: Int { 256 }

    private struct Waiting {
        let request: Request
        let replies: Int
        let cost: Int
        let deadline: NIODeadline
    }

    private enum Phase {
        case open
        case draining
        case closed(RedisError)
    }

    private var phase = Phase.open
    private var waiting = CircularBuffer<Waiting>()
    private var unansweredBytes = 0
    /// How many replies the oldest request has so far. No other request can have any.
    private var received = 0

    enum Acceptance {
        case write
        case refuse(RedisError)
    }

    /// Adds a request of `bytes` bytes that expects `replies` replies, at least one, until `deadline`.
    mutating func enqueue(_ request: Request, replies: Int, bytes: Int, deadline: NIODeadline) -> Acceptance {
        switch phase {
        case .closed(let error): return .refuse(error)
        case .draining: return .refuse(.connectionClosed("this program closed it"))
        case .open: break
        }
        let cost = bytes + Self.requestCost
        if !waiting.isEmpty, unansweredBytes + cost > Self.byteLimit { return .refuse(.overloaded) }
        unansweredBytes += cost
        waiting.append(Waiting(request: request, replies: replies, cost: cost, deadline: deadline))
        return .write
    }

    enum Receipt {
        /// More replies belong to the same request.
        case more
        case complete(Request, thenClose: Bool)
        /// No request waits for this reply.
        case unexpected
    }

    /// Counts a reply to the oldest request.
    mutating func receive() -> Receipt {
        guard let oldest = waiting.first else { return .unexpected }
        received += 1
        if received < oldest.replies { return .more }
        waiting.removeFirst()
        unansweredBytes -= oldest.cost
        received = 0
        return .complete(oldest.request, thenClose: isDrained)
    }

    /// Refuses further requests.
    ///
    /// - Returns: whether no request waits, so that the connection can be closed now.
    mutating func drain() -> Bool {
        if case .open = phase { phase = .draining }
        return isDrained
    }

    private var isDrained: Bool {
        if case .draining = phase { waiting.isEmpty } else { false }
    }

    /// Records that the connection ended with `error`.
    ///
    /// - Returns: the requests that must fail with it; nil if the queue was already closed.
    mutating func close(_ error: RedisError) -> [Request]? {
        if case .closed = phase { return nil }
        phase = .closed(error)
        defer {
            waiting.removeAll()
            received = 0
            unansweredBytes = 0
        }
        return waiting.map(\.request)
    }

    /// The deadline of the oldest request; nil while no request waits.
    ///
    /// A later request can have an earlier deadline only if timeouts differ. Only the sign-in has another timeout.
    var deadline: NIODeadline? { waiting.first?.deadline }
}
