import NIOCore
import NIOPosix
import Synchronization

/// Stands between the program and Redis, and can do to their connections what networks do.
final class Proxy: Sendable {
    /// Where the program connects, on 127.0.0.1.
    let port: Int
    private let listener: any Channel
    private let state: Mutex<State>

    private struct State {
        var conduct: ProxyConduct
        var passages: [ObjectIdentifier: NIOLoopBound<Passage>] = [:]
    }

    private init(listener: any Channel, port: Int, state: consuming State) {
        self.listener = listener
        self.port = port
        self.state = Mutex(state)
    }

    /// Listens on a free port and leads to a port of this machine.
    static func start(leadingTo target: Int) async throws -> Proxy {
        let box = ProxyBox()
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { box.proxy.withLock { $0 }?.accept(channel) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        guard let port = listener.localAddress?.port else { throw TestbedFailure("the proxy has no port") }
        let proxy = Proxy(listener: listener, port: port, state: State(conduct: ProxyConduct(target: target)))
        box.proxy.withLock { $0 = proxy }
        return proxy
    }

    /// Lets new connections, and what still comes over the present ones, be treated like this.
    func change(_ change: (inout ProxyConduct) -> Void) {
        state.withLock { change(&$0.conduct) }
    }

    /// Leads to another Redis from now on; connections to the former one are cut.
    func lead(to target: Int) {
        change { $0.target = target }
        cut()
    }

    /// Cuts every connection: at once, or in the middle of what comes next.
    /// - Parameter bytes: how many more go over each one, at random.
    func cut(after bytes: ClosedRange<Int>? = nil) {
        for passage in state.withLock({ Array($0.passages.values) }) {
            passage.eventLoop.execute {
                if let bytes { passage.value.bytesLeft = Int.random(in: bytes) } else { passage.value.close() }
            }
        }
    }

    /// Ends it, and every connection.
    func stop() async {
        change { $0.refuses = true }
        cut()
        try? await listener.close()
    }

    fileprivate func accept(_ channel: any Channel) {
        let conduct = self.conduct
        if conduct.refuses {
            channel.close(promise: nil)
            return
        }
        let passage = Passage(client: channel, proxy: self)
        passage.bytesLeft = conduct.cutsAfter.map { Int.random(in: $0) }
        let bound = NIOLoopBound(passage, eventLoop: channel.eventLoop)
        state.withLock { $0.passages[ObjectIdentifier(passage)] = bound }
        // Adding to a channel that is not active yet cannot fail.
        try? channel.pipeline.syncOperations.addHandler(PassageEnd(passage, isClient: true))
        ClientBootstrap(group: channel.eventLoop)
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelOption(.autoRead, value: false)
            .channelInitializer { server in
                server.eventLoop.makeCompletedFuture {
                    bound.value.server = server
                    try server.pipeline.syncOperations.addHandler(PassageEnd(bound.value, isClient: false))
                }
            }
            .connect(host: "127.0.0.1", port: conduct.target)
            .whenComplete { result in
                switch result {
                case .success: bound.value.open()
                case .failure: bound.value.close()
                }
            }
    }

    fileprivate var conduct: ProxyConduct { state.withLock(\.conduct) }

    fileprivate func forget(_ passage: Passage) {
        _ = state.withLock { $0.passages.removeValue(forKey: ObjectIdentifier(passage)) }
    }
}

/// How a proxy treats connections.
struct ProxyConduct: Sendable {
    /// The port of this machine that it leads to.
    var target: Int
    /// Whether new connections are closed at once.
    var refuses = false
    /// How long everything is held up, each way, in milliseconds.
    var delay: ClosedRange<Int>?
    /// Until when nothing goes through at all.
    var frozenUntil: NIODeadline?
    /// After how many bytes a new connection breaks.
    var cutsAfter: ClosedRange<Int>?
}

/// The listener exists before the proxy does.
private final class ProxyBox: Sendable {
    let proxy = Mutex<Proxy?>(nil)
}

/// A client's connection and the one it is led on by; both live on one event loop.
private final class Passage {
    let client: any Channel
    var server: (any Channel)?
    /// How much more goes through before it breaks.
    var bytesLeft: Int?
    private let proxy: Proxy
    /// When the latest of what is held up goes on, by direction.
    private var latest = [NIODeadline.uptimeNanoseconds(0), .uptimeNanoseconds(0)]

    init(client: any Channel, proxy: Proxy) {
        self.client = client
        self.proxy = proxy
    }

    func open() {
        for channel in [client, server] {
            channel?.setOption(.autoRead, value: true).whenFailure { _ in }
        }
    }

    func close() {
        client.close(promise: nil)
        server?.close(promise: nil)
        proxy.forget(self)
    }

    /// A client waits for replies before it goes on for long, so that what is held up here stays little.
    func pass(_ bytes: ByteBuffer, toServer: Bool) {
        guard let channel = toServer ? server : client else { return }
        let conduct = proxy.conduct
        let now = NIODeadline.now()
        var due = now
        if let delay = conduct.delay { due = now + .milliseconds(Int64(Int.random(in: delay))) }
        if let frozenUntil = conduct.frozenUntil { due = max(due, frozenUntil) }
        let direction = toServer ? 1 : 0
        if due <= now, latest[direction] <= now {
            write(bytes, to: channel)
        } else {
            // Strictly later than what went before: timers of one moment fire in no particular order.
            due = max(due, latest[direction] + .nanoseconds(1))
            latest[direction] = due
            let bound = NIOLoopBound(self, eventLoop: channel.eventLoop)
            channel.eventLoop.scheduleTask(deadline: due) { bound.value.write(bytes, to: channel) }
        }
    }

    private func write(_ bytes: ByteBuffer, to channel: any Channel) {
        var bytes = bytes
        guard let left = bytesLeft, left <= bytes.readableBytes else {
            bytesLeft = bytesLeft.map { $0 - bytes.readableBytes }
            channel.writeAndFlush(bytes, promise: nil)
            return
        }
        bytesLeft = 0
        let bound = NIOLoopBound(self, eventLoop: channel.eventLoop)
        channel.writeAndFlush(bytes.readSlice(length: left) ?? ByteBuffer())
            .whenComplete { _ in bound.value.close() }
    }
}

/// One of a passage's ends.
private final class PassageEnd: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let passage: Passage
    private let isClient: Bool

    init(_ passage: Passage, isClient: Bool) {
        self.passage = passage
        self.isClient = isClient
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        passage.pass(unwrapInboundIn(data), toServer: isClient)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        let other = isClient ? passage.server : passage.client
        other?.setOption(.autoRead, value: context.channel.isWritable).whenFailure { _ in }
    }

    func channelInactive(context: ChannelHandlerContext) { passage.close() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { passage.close() }
}
