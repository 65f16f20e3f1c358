/// How long to wait for Redis.
public struct RedisTimeouts: Sendable, Hashable {
    /// For a connection: name resolution, TCP, TLS and sign-in together.
    public var connect: Duration
    /// From handing over a pipeline to its last reply. When it passes, the connection is closed.
    public var request: Duration

    /// Five seconds each unless said otherwise.
    public init(connect: Duration = .seconds(5), request: Duration = .seconds(5)) {
        self.connect = connect
        self.request = request
    }

    func limiting(connect limit: Duration) -> RedisTimeouts {
        RedisTimeouts(connect: min(connect, limit), request: request)
    }
}
