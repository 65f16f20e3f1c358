internal import Concurrency
internal import NIOCore
internal import Synchronization

/// Whether a connection still takes commands; shared between its event loop and everybody else.
final class ConnectionStatus: Sendable {
    private let open = Atomic(true)

    var isOpen: Bool { open.load(ordering: .acquiring) }

    func close() {
        open.store(false, ordering: .releasing)
    }
}

/// The end of the pipeline: writes requests, decodes replies, and matches them. Lives on its event loop.
final class RedisChannelHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    typealias Request = RedisCompletion<[RedisValue]>

    let status = ConnectionStatus()
    /// Gets what is published, on a connection that subscribes to channels; set before it does.
    var messages: MessageBuffer?
    private var queue = ReplyQueue<Request>()
    private var decoder: ReplyDecoder
    private var context: ChannelHandlerContext?
    /// One timer for the oldest request, and when it fires. It is not put off with each reply: when it fires, it looks
    /// what is oldest then.
    private var timer: (scheduled: Scheduled<Void>, deadline: NIODeadline)?

    init(replyByteLimit: Int = ReplyDecoder.defaultByteLimit) {
        decoder = ReplyDecoder(byteLimit: replyByteLimit)
    }

    /// Writes a pipeline and completes `request` with its replies, or with an error at the latest after `timeout`.
    func send(_ pipeline: RedisPipeline, timeout: TimeAmount, request: Request) {
        if pipeline.isEmpty {
            request.complete(.success([]))
            return
        }
        let deadline = now + timeout
        let bytes = pipeline.byteCount
        switch queue.enqueue(request, replies: pipeline.count, bytes: bytes, deadline: deadline) {
        case .refuse(let error):
            request.complete(.failure(error))
        case .write:
            context?.writeAndFlush(wrapOutboundOut(pipeline.buffer), promise: nil)
            watchDeadline()
        }
    }

    /// Takes no further request and closes once everything is answered.
    func drain() {
        status.close()
        if queue.drain() { fail(.connectionClosed("it was closed by us")) }
    }

    /// Fails everything that waits, and closes.
    func fail(_ error: RedisError) {
        guard let requests = queue.close(error) else { return }
        status.close()
        timer?.scheduled.cancel()
        timer = nil
        context?.close(promise: nil)
        messages?.close(error)
        for request in requests { request.complete(.failure(error)) }
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        fail(.connectionClosed("the channel ended"))
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(.connectionClosed("Redis closed it"))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(.connectionClosed(cause(of: error)))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        do throws(RedisError) {
            // The result carries the typed error out of a closure that only rethrows untyped ones.
            try buffer.withUnsafeReadableBytes { bytes -> Result<Void, RedisError> in
                Result { () throws(RedisError) in
                    try decoder.decode(bytes) { reply throws(RedisError) in try receive(reply) }
                }
            }.get()
        } catch {
            fail(error)
        }
    }

    private func receive(_ reply: RedisValue) throws(RedisError) {
        if let messages, let message = RedisMessage(reply) {
            messages.append(message)
            return
        }
        switch queue.receive(reply) {
        case .more: break
        case .unexpected: throw .protocolViolation("a reply that nobody asked for")
        case .complete(let request, let replies, let thenClose):
            request.complete(.success(replies))
            if thenClose { fail(.connectionClosed("it was closed by us")) }
        }
    }

    /// By the clock of the event loop, which tests can move.
    private var now: NIODeadline { context?.eventLoop.now ?? .now() }

    private func watchDeadline() {
        guard let context, let deadline = queue.deadline else { return }
        if let timer {
            if timer.deadline <= deadline { return }
            timer.scheduled.cancel()
        }
        let scheduled = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { [weak self] () -> Void in
            self?.deadlinePassed()
        }
        timer = (scheduled, deadline)
    }

    private func deadlinePassed() {
        timer = nil
        guard let deadline = queue.deadline else { return }
        if deadline <= now {
            fail(.timeout("no reply in time"))
        } else {
            watchDeadline()
        }
    }
}
