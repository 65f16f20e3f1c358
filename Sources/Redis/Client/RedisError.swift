public import Concurrency

/// What can go wrong between us and a Redis. No case ever carries a password or the content of a reply.
public enum RedisError: WaitFailure, Hashable {
    /// No connection could be made: refused, unknown host, TLS not trusted. The text is the cause.
    case connectionFailed(String)
    /// The connection ended, so whether what was under way took effect is unknown. The text is the cause.
    case connectionClosed(String)
    /// Something took longer than ``RedisTimeouts`` allow; a connection that this happens on is closed. The text says what.
    case timeout(String)
    /// The other side sent what is not RESP2, or a reply nobody asked for; the connection is closed.
    case protocolViolation(String)
    /// Redis refused the command, or the sign-in.
    case server(RedisServerError)
    /// The address cannot be used. The text is the reason; it never quotes the address, which may hold a password.
    case badURL(String)
    /// The reply is of another type than the caller asked for. The text names both types.
    case unexpectedReply(String)
    /// The waiting task was cancelled; the command may still take effect.
    case cancelled
    /// So much is unanswered on this connection that nothing more is accepted; the command was not sent.
    case overloaded

    /// Whether trying again later may succeed without anybody changing a setting.
    ///
    /// A connection that failed, broke or stalled may come back. Redis says by itself when it is busy starting
    /// (`LOADING`), running a script (`BUSY`), without its primary (`MASTERDOWN`), or moving slots (`TRYAGAIN`). A wrong
    /// password, a wrong address or a wrong type stay wrong.
    public var isTransient: Bool {
        switch self {
        case .connectionFailed, .connectionClosed, .timeout, .overloaded: true
        case .server(let error): ["LOADING", "BUSY", "MASTERDOWN", "TRYAGAIN"].contains(error.code)
        case .protocolViolation, .badURL, .unexpectedReply, .cancelled: false
        }
    }
}

extension RedisError: CustomStringConvertible {
    /// One line for people.
    public var description: String {
        switch self {
        case .connectionFailed(let cause): "cannot connect to Redis: \(cause)"
        case .connectionClosed(let cause): "the connection to Redis ended: \(cause)"
        case .timeout(let what): "Redis took too long: \(what)"
        case .protocolViolation(let what): "Redis broke the protocol: \(what)"
        case .server(let error): "Redis answered: \(error)"
        case .badURL(let reason): "bad Redis URL: \(reason)"
        case .unexpectedReply(let what): "unexpected reply from Redis: \(what)"
        case .cancelled: "cancelled while waiting for Redis"
        case .overloaded: "too much is unanswered on the connection to Redis"
        }
    }
}
