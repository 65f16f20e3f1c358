internal import NIOCore

/// Who waits for which replies: Redis answers in the order of the commands, so a queue is all that is needed to match
/// them. A value without I/O: the caller carries out what the methods answer.
struct ReplyQueue<Request> {
    /// The most bytes that may be unanswered before further requests are refused; a single one may exceed it.
    static var byteLimit: Int { 256 << 20 }
    /// What a waiting request takes beside its bytes, roughly, so that very many small ones are bounded too.
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
    /// What the oldest request has got so far; no other one can have got any.
    private var collected: [RedisValue] = []

    enum Acceptance {
        case write
        case refuse(RedisError)
    }

    /// A request of `bytes` bytes wants to be written and to get `replies` replies, at least one, by `deadline`.
    mutating func enqueue(_ request: Request, replies: Int, bytes: Int, deadline: NIODeadline) -> Acceptance {
        switch phase {
        case .closed(let error): return .refuse(error)
        case .draining: return .refuse(.connectionClosed("it was closed by us"))
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
        case complete(Request, [RedisValue], thenClose: Bool)
        /// Nobody asked for this reply.
        case unexpected
    }

    /// A reply came.
    mutating func receive(_ reply: RedisValue) -> Receipt {
        guard let oldest = waiting.first else { return .unexpected }
        if collected.isEmpty { collected.reserveCapacity(oldest.replies) }
        collected.append(reply)
        if collected.count < oldest.replies { return .more }
        waiting.removeFirst()
        unansweredBytes -= oldest.cost
        let replies = collected
        collected = []
        return .complete(oldest.request, replies, thenClose: isDrained)
    }

    /// Accepts no further request.
    ///
    /// - Returns: whether nothing is awaited any more, so that the connection can be closed now.
    mutating func drain() -> Bool {
        if case .open = phase { phase = .draining }
        return isDrained
    }

    private var isDrained: Bool {
        if case .draining = phase { waiting.isEmpty } else { false }
    }

    /// The connection is done for, because of `error`.
    ///
    /// - Returns: the requests that must fail with it; nil when that was already known.
    mutating func close(_ error: RedisError) -> [Request]? {
        if case .closed = phase { return nil }
        phase = .closed(error)
        defer {
            waiting.removeAll()
            collected = []
            unansweredBytes = 0
        }
        return waiting.map(\.request)
    }

    /// When the oldest request must have been answered; nil while nothing is awaited.
    ///
    /// Deadlines behind it may be earlier only when requests have different timeouts, which is so for the sign-in alone.
    var deadline: NIODeadline? { waiting.first?.deadline }
}
