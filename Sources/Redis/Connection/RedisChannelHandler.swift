internal import Concurrency
internal import NIOCore
internal import Synchronization

/// Whether a connection still accepts commands. The event loop sets it and any thread reads it.
final class ConnectionStatus: Sendable {
    private let open = Atomic(true)

    var isOpen: Bool { open.load(ordering: .acquiring) }

    func close() {
        open.store(false, ordering: .releasing)
    }
}

/// The last handler of the channel: writes requests, decodes replies and matches them. Used only on its event loop.
final class RedisChannelHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    typealias Request = RedisCompletion<RedisReplies>

    let status = ConnectionStatus()
    /// Receives published messages; set before the connection subscribes.
    var messages: MessageBuffer?
    private var queue = ReplyQueue<Request>()
    private var decoder: ReplyDecoder
    private var context: ChannelHandlerContext?
    /// One timer, for the oldest request. It is not moved with each reply: when it fires, it checks which request is the
    /// oldest then.
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

    /// Refuses new requests and closes after the last reply.
    func drain() {
        status.close()
        if queue.drain() { fail(.connectionClosed("this program closed it")) }
    }

    /// Fails all waiting requests and closes.
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
        if let cause = tlsCause(of: error) { return fail(.notTrusted(server: "", cause: cause)) }
        fail(.connectionClosed(cause(of: error)))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        do throws(RedisError) {
            // The result carries the typed error out: the closure rethrows only untyped errors.
            try buffer.withUnsafeReadableBytes { bytes -> Result<Void, RedisError> in
                Result { () throws(RedisError) in
                    try decoder.decode(bytes) { tape throws(RedisError) in try receive(&tape) }
                }
            }.get()
        } catch {
            fail(error)
        }
    }

    /// Handles the last reply of the tape. The tape has the replies to the oldest request, and no others.
    private func receive(_ tape: inout ReplyTape) throws(RedisError) {
        if let messages, let message = RedisReplies(tape).last.flatMap({ RedisMessage($0) }) {
            messages.append(message)
            tape.removeLastReply()
            return
        }
        switch queue.receive() {
        case .more: break
        case .unexpected: throw .protocolViolation("a reply without a request")
        case .complete(let request, let thenClose):
            let replies = RedisReplies(tape)
            tape = ReplyTape(like: tape)
            request.complete(.success(replies))
            if thenClose { fail(.connectionClosed("this program closed it")) }
        }
    }

    /// The event loop's clock, which tests can move.
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
