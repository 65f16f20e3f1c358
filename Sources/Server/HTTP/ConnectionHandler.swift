internal import NIOCore
internal import NIOHTTP1

/// What the server has to know about a connection besides its requests: it asks for a body that the client holds back
/// (`Expect: 100-continue`), closes connections that must not stay open, answers HTTP/1.0 without chunks, and stops
/// reading a header that is too large.
final class ConnectionHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// An outbound event: the server begins to read the body of the request that it answers now.
    struct BodyWanted: Sendable {}

    /// How long a connection stays open after its last answer, so that the client can read it.
    private static let lingering = TimeAmount.seconds(1)

    private struct Exchange {
        /// Whether it is HTTP/1.0.
        let isOld: Bool
        /// Whether the client waits to be asked for the body.
        var holdsBody: Bool
        var isLast: Bool
    }

    /// The requests that are not answered yet, the oldest first.
    private var exchanges: CircularBuffer<Exchange> = []
    private var hasFailed = false
    private var isHeaderTooLarge = false
    private var isClosing = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isClosing { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            let isOld = (head.version.major, head.version.minor) < (1, 1)
            let isExpecting = head.headers[canonicalForm: "expect"].contains { $0.lowercased() == "100-continue" }
            exchanges.append(
                Exchange(
                    isOld: isOld,
                    holdsBody: isExpecting && !isOld,
                    isLast: !head.isKeepAlive || isOld
                )
            )
        case .body, .end:
            if let last = exchanges.indices.last { exchanges[last].holdsBody = false }
        }
        context.fireChannelRead(data)
    }

    func read(context: ChannelHandlerContext) {
        // What follows a header that cannot be read is nobody's.
        if !hasFailed { context.read() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? HTTPParserError {
            if hasFailed { return }
            hasFailed = true
            isHeaderTooLarge = error == .headerOverflow
        }
        context.fireErrorCaught(error)
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard event is BodyWanted else { return context.triggerUserOutboundEvent(event, promise: promise) }
        if exchanges.first?.holdsBody == true {
            exchanges[exchanges.startIndex].holdsBody = false
            let head = HTTPResponseHead(version: .http1_1, status: .continue)
            context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
        }
        promise?.succeed()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(var head):
            if isHeaderTooLarge, exchanges.isEmpty { head.status = .requestHeaderFieldsTooLarge }
            if let exchange = exchanges.first {
                // HTTP/1.0 knows no chunks: the end of the connection is the end of the answer.
                if exchange.isOld { head.version = .http1_0 }
                // A body that was not asked for may come or not: the next request could not be found.
                if exchange.isLast || exchange.holdsBody { exchanges[exchanges.startIndex].isLast = true }
            }
            if exchanges.first?.isLast ?? true { head.headers.replaceOrAdd(name: "connection", value: "close") }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .body: context.write(data, promise: promise)
        case .end:
            let isLast = exchanges.popFirst()?.isLast ?? true
            context.write(data, promise: promise)
            if isLast { close(context) }
        }
    }

    private func close(_ context: ChannelHandlerContext) {
        if isClosing { return }
        isClosing = true
        context.flush()
        context.close(mode: .output, promise: nil)
        let channel = context.channel
        context.eventLoop.scheduleTask(in: Self.lingering) { channel.close(promise: nil) }
    }
}

/// Puts a ``ConnectionHandler`` behind the decoder of HTTP/1, and leaves.
final class ConnectionHandlerInstaller: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    func handlerAdded(context: ChannelHandlerContext) {
        let pipeline = context.pipeline.syncOperations
        do {
            let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            try pipeline.addHandler(ConnectionHandler(), position: .after(decoder))
        } catch {
            context.fireErrorCaught(error)
        }
        pipeline.removeHandler(self, promise: nil)
    }
}
