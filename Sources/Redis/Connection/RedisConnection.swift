internal import Concurrency
internal import NIOCore

/// One connection. What is sent comes back in order; when it breaks, everything pending fails and it is done for.
///
/// Safe to use from any task and any thread. Dropping the last reference closes it once what is pending is answered.
public final class RedisConnection: Sendable {
    private let channel: any Channel
    private let handler: NIOLoopBound<RedisChannelHandler>
    private let status: ConnectionStatus
    private let timeouts: RedisTimeouts

    /// Called on the event loop of `channel`.
    init(channel: any Channel, handler: RedisChannelHandler, timeouts: RedisTimeouts) {
        self.channel = channel
        self.handler = NIOLoopBound(handler, eventLoop: channel.eventLoop)
        self.status = handler.status
        self.timeouts = timeouts
    }

    deinit {
        channel.eventLoop.execute { [handler] in handler.value.drain() }
    }

    /// Whether it still takes commands. It may break at any moment after the answer.
    public var isOpen: Bool {
        status.isOpen
    }

    /// Writes a pipeline and waits for one reply per command, in order; errors of Redis are among them as
    /// ``RedisValue/error(_:)``.
    ///
    /// A task that is cancelled stops waiting at once; its replies are dropped when they come, and others are not
    /// affected.
    ///
    /// - Throws: a ``RedisError`` when the connection broke or the request timeout passed: whether the commands took
    ///   effect is then unknown, except after ``RedisError/overloaded``, when they were not sent.
    public func send(_ pipeline: RedisPipeline) async throws(RedisError) -> [RedisValue] {
        if Task.isCancelled { throw .cancelled }
        return try await submit(pipeline).completion.value()
    }

    /// Writes a pipeline and returns without waiting.
    public func submit(_ pipeline: RedisPipeline) -> PendingReplies {
        submit(pipeline, timeout: timeouts.request)
    }

    func submit(_ pipeline: RedisPipeline, timeout: Duration) -> PendingReplies {
        let completion = RedisCompletion<[RedisValue]>()
        channel.eventLoop.execute { [handler] in
            handler.value.send(pipeline, timeout: TimeAmount(timeout), request: completion)
        }
        return PendingReplies(completion)
    }

    /// Subscribes to channels: what is published there once this has returned goes to `messages`, which is closed when
    /// the connection ends. The connection is good for nothing else from then on but `PING` (RESP2).
    ///
    /// - Throws: what ``send(_:)`` throws, or ``RedisError/server(_:)`` for a channel that this user may not hear.
    func subscribe(to channels: [String], _ messages: MessageBuffer) async throws(RedisError) {
        channel.eventLoop.execute { [handler] in handler.value.messages = messages }
        var pipeline = RedisPipeline()
        // A command for each channel, because Redis answers once for each.
        for name in channels { pipeline.append(RedisCommand("SUBSCRIBE", name)) }
        for reply in try await send(pipeline) { try reply.checked() }
    }

    /// Takes no further command, waits until everything pending is answered (the request timeout at most), and closes.
    public func close() async {
        channel.eventLoop.execute { [handler] in handler.value.drain() }
        // The only error it can have is that the connection already failed, which is as closed as can be.
        try? await channel.closeFuture.get()
    }

    /// Closes at once; everything pending fails with ``RedisError/connectionClosed(_:)``.
    public func closeNow() {
        channel.eventLoop.execute { [handler] in handler.value.fail(.connectionClosed("it was closed by us")) }
    }
}
