/// How long to wait for Redis.
public struct RedisTimeouts: Sendable, Hashable {
    /// The limit for connecting: name resolution, TCP, TLS and sign-in together.
    public var connect: Duration
    /// The limit from `send` or `submit` to the last reply of the pipeline. When it passes, the connection is closed.
    public var request: Duration

    /// Five seconds each by default.
    public init(connect: Duration = .seconds(5), request: Duration = .seconds(5)) {
        self.connect = connect
        self.request = request
    }

    func limiting(connect limit: Duration) -> RedisTimeouts {
        RedisTimeouts(connect: min(connect, limit), request: request)
    }
}
