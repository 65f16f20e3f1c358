internal import Concurrency
internal import NIOCore

/// One connection. Replies come in the order of the commands. When it breaks, all pending commands fail, and it stays
/// closed.
///
/// Any task and any thread may use it. When the last reference is dropped, it closes after the last pending reply.
public final class RedisConnection: Sendable {
    private let channel: any Channel
    private let handler: NIOLoopBound<RedisChannelHandler>
    private let status: ConnectionStatus
    private let timeouts: RedisTimeouts

    /// Must be called on the event loop of `channel`.
    init(channel: any Channel, handler: RedisChannelHandler, timeouts: RedisTimeouts) {
        self.channel = channel
        self.handler = NIOLoopBound(handler, eventLoop: channel.eventLoop)
        self.status = handler.status
        self.timeouts = timeouts
    }

    deinit {
        channel.eventLoop.execute { [handler] in handler.value.drain() }
    }

    /// Whether it accepts commands. It can break right after this call.
    public var isOpen: Bool {
        status.isOpen
    }

    /// Writes a pipeline and waits for one reply per command, in order. A command that Redis refused has the reply
    /// ``RedisValue/error(_:)``.
    ///
    /// A cancelled task stops waiting at once. Its replies are dropped when they arrive; other callers are not affected.
    ///
    /// - Throws: a ``RedisError`` if the connection broke, the request timeout passed or the task was cancelled: it is
    ///   then unknown whether the commands took effect. After ``RedisError/overloaded`` they were not sent.
    public func send(_ pipeline: RedisPipeline) async throws(RedisError) -> RedisReplies {
        if Task.isCancelled { throw .cancelled }
        return try await submit(pipeline).completion.value()
    }

    /// Writes a pipeline and returns without waiting.
    public func submit(_ pipeline: RedisPipeline) -> PendingReplies {
        submit(pipeline, timeout: timeouts.request)
    }

    func submit(_ pipeline: RedisPipeline, timeout: Duration) -> PendingReplies {
        let completion = RedisCompletion<RedisReplies>()
        onEventLoop { $0.send(pipeline, timeout: TimeAmount(timeout), request: completion) }
        return PendingReplies(completion)
    }

    /// Subscribes to channels. Messages that are published after this returns go to `messages`, which is closed when the
    /// connection ends. From then on the connection can be used only for `PING` (RESP2).
    ///
    /// - Throws: the errors of ``send(_:)``, or ``RedisError/server(_:)`` if this user has no permission for a channel.
    func subscribe(to channels: [String], _ messages: MessageBuffer) async throws(RedisError) {
        onEventLoop { $0.messages = messages }
        var pipeline = RedisPipeline()
        // One command for each channel, because Redis sends one reply for each channel.
        for name in channels { pipeline.append(RedisCommand("SUBSCRIBE", name)) }
        for reply in try await send(pipeline) { try reply.checked() }
    }

    /// Refuses new commands, waits for the pending replies (at most the request timeout), and closes.
    public func close() async {
        onEventLoop { $0.drain() }
        // Fails only if the connection has already failed, and then it is closed too.
        try? await channel.closeFuture.get()
    }

    /// Closes at once; pending commands fail with ``RedisError/connectionClosed(_:)``.
    public func closeNow() {
        onEventLoop { $0.fail(.connectionClosed("this program closed it")) }
    }

    /// Calls `body` at once if the caller is on the connection's thread (``EventLoopThread``), else soon. So what one
    /// caller does happens in its order.
    private func onEventLoop(_ body: @escaping @Sendable (RedisChannelHandler) -> Void) {
        if channel.eventLoop.inEventLoop {
            body(handler.value)
        } else {
            channel.eventLoop.execute { [handler] in body(handler.value) }
        }
    }
}
