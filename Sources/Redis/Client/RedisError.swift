public import Concurrency

/// An error of a Redis connection or command. No case holds a password or the content of a reply.
public enum RedisError: WaitFailure, Hashable {
    /// The connection could not be opened: refused, unknown host. The text is the cause.
    case connectionFailed(String)
    /// There can be no TLS with this server: a file cannot be read, or the certificate is not trusted.
    case notTrusted(server: String, cause: String)
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
    /// A failed, broken or stalled connection may recover, and Redis reports temporary states itself
    /// (``RedisServerError/isTransient``). A wrong password, certificate, address or type does not recover.
    public var isTransient: Bool {
        switch self {
        case .connectionFailed, .connectionClosed, .timeout, .overloaded: true
        case .server(let error): error.isTransient
        case .protocolViolation, .notTrusted, .badURL, .unexpectedReply, .cancelled: false
        }
    }

    /// Whether nobody can connect before a person has corrected a setting, a right or a certificate.
    public var needsPerson: Bool {
        switch self {
        case .server(let error): !error.isTransient
        case .notTrusted, .badURL: true
        default: false
        }
    }

    /// What is wrong and what to do, without the address of the server.
    public var advice: String {
        switch self {
        case .server(let error): error.remedy.map { "\(error); \($0)" } ?? "\(error)"
        case .notTrusted(_, let cause): cause
        default: description
        }
    }
}

extension RedisError: CustomStringConvertible {
    /// One line for people.
    public var description: String {
        switch self {
        case .connectionFailed(let cause): "cannot connect to Redis: \(cause)"
        case .notTrusted(let server, let cause): "cannot connect to Redis: \(server): \(cause)"
        case .connectionClosed(let cause): "the connection to Redis ended: \(cause)"
        case .timeout(let what): "Redis took too long: \(what)"
        case .protocolViolation(let what): "Redis broke the protocol: \(what)"
        case .server: "Redis answered: \(advice)"
        case .badURL(let reason): "bad Redis URL: \(reason)"
        case .unexpectedReply(let what): "unexpected reply from Redis: \(what)"
        case .cancelled: "cancelled while waiting for Redis"
        case .overloaded: "too much is unanswered on the connection to Redis"
        }
    }
}
