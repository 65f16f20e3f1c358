public import Concurrency

/// An error of a Redis connection or command. No case holds a password or the content of a reply.
public enum RedisError: WaitFailure, Hashable {
    /// The connection could not be opened: refused, unknown host, TLS not trusted. The text is the cause.
    case connectionFailed(String)
    /// The connection ended, so it is unknown whether pending commands took effect. The text is the cause.
    case connectionClosed(String)
    /// A limit of ``RedisTimeouts`` passed, and the connection was closed. The text says what took too long.
    case timeout(String)
    /// The server sent bytes that are not RESP2, or a reply without a request. The connection is closed.
    case protocolViolation(String)
    /// Redis refused the command, or the sign-in.
    case server(RedisServerError)
    /// The address cannot be used. The text is the reason; it never quotes the address, which may hold a password.
    case badURL(String)
    /// The reply has another type than the caller expected. The text names both types.
    case unexpectedReply(String)
    /// The waiting task was cancelled; the command may still take effect.
    case cancelled
    /// Too many bytes are unanswered on this connection. The command was not sent.
    case overloaded

    /// Whether a later attempt may succeed without a change of settings.
    ///
    /// A failed, broken or stalled connection may recover. Redis reports temporary states itself: it is loading its data
    /// (`LOADING`), runs a script (`BUSY`), has lost its primary (`MASTERDOWN`) or moves slots (`TRYAGAIN`). A wrong
    /// password, address or type does not recover.
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
