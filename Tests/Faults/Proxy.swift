import NIOCore
import NIOPosix
import Synchronization

/// A proxy between the program and Redis that can disturb their connections as a network does.
final class Proxy: Sendable {
    /// The port on 127.0.0.1 to which the program connects.
    let port: Int
    private let listener: any Channel
    private let state: Mutex<State>

    private struct State {
        var behavior: ProxyBehavior
        var connections: [ObjectIdentifier: NIOLoopBound<ProxiedConnection>] = [:]
    }

    private init(listener: any Channel, port: Int, state: consuming State) {
        self.listener = listener
        self.port = port
        self.state = Mutex(state)
    }

    /// Listens on a free port and forwards to a local port.
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
        let proxy = Proxy(listener: listener, port: port, state: State(behavior: ProxyBehavior(target: target)))
        box.proxy.withLock { $0 = proxy }
        return proxy
    }

    /// Changes the behavior for new connections and for further data on open ones.
    func change(_ change: (inout ProxyBehavior) -> Void) {
        state.withLock { change(&$0.behavior) }
    }

    /// Forwards to another Redis from now on, and closes all connections to the former one.
    func lead(to target: Int) {
        change { $0.target = target }
        cut()
    }

    /// Closes every connection, at once or in the middle of further data.
    /// - Parameter bytes: the range of the random number of bytes that each connection still transfers.
    func cut(after bytes: ClosedRange<Int>? = nil) {
        for connection in state.withLock({ Array($0.connections.values) }) {
            connection.eventLoop.execute {
                if let bytes { connection.value.bytesLeft = Int.random(in: bytes) } else { connection.value.close() }
            }
        }
    }

    /// Closes the proxy and all connections.
    func stop() async {
        change { $0.refuses = true }
        cut()
        try? await listener.close()
    }

    fileprivate func accept(_ channel: any Channel) {
        let behavior = self.behavior
        if behavior.refuses {
            channel.close(promise: nil)
            return
        }
        let connection = ProxiedConnection(client: channel, proxy: self)
        connection.bytesLeft = behavior.cutsAfter.map { Int.random(in: $0) }
        let bound = NIOLoopBound(connection, eventLoop: channel.eventLoop)
        state.withLock { $0.connections[ObjectIdentifier(connection)] = bound }
        // Adding a handler to a channel that is not active yet cannot fail.
        try? channel.pipeline.syncOperations.addHandler(ConnectionSide(connection, isClient: true))
        ClientBootstrap(group: channel.eventLoop)
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelOption(.autoRead, value: false)
            .channelInitializer { server in
                server.eventLoop.makeCompletedFuture {
                    bound.value.server = server
                    try server.pipeline.syncOperations.addHandler(ConnectionSide(bound.value, isClient: false))
                }
            }
            .connect(host: "127.0.0.1", port: behavior.target)
            .whenComplete { result in
                switch result {
                case .success: bound.value.open()
                case .failure: bound.value.close()
                }
            }
    }

    fileprivate var behavior: ProxyBehavior { state.withLock(\.behavior) }

    fileprivate func forget(_ connection: ProxiedConnection) {
        _ = state.withLock { $0.connections.removeValue(forKey: ObjectIdentifier(connection)) }
    }
}

/// How a proxy handles connections.
struct ProxyBehavior: Sendable {
    /// The local port of the Redis to which it forwards.
    var target: Int
    /// Whether new connections are closed at once.
    var refuses = false
    /// The delay of data in each direction, in milliseconds.
    var delay: ClosedRange<Int>?
    /// The time until which no data is forwarded.
    var frozenUntil: NIODeadline?
    /// The number of bytes after which a new connection breaks.
    var cutsAfter: ClosedRange<Int>?
}

/// Holds the proxy for the listener, which is created first.
private final class ProxyBox: Sendable {
    let proxy = Mutex<Proxy?>(nil)
}

/// A client's connection and the connection to Redis for it. Both are on one event loop.
private final class ProxiedConnection {
    let client: any Channel
    var server: (any Channel)?
    /// The number of bytes until it breaks.
    var bytesLeft: Int?
    private let proxy: Proxy
    /// The time at which the latest delayed data is forwarded, by direction.
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

    /// Forwards bytes, perhaps later. Clients wait for replies, so the amount of delayed data stays small.
    func pass(_ bytes: ByteBuffer, toServer: Bool) {
        guard let channel = toServer ? server : client else { return }
        let behavior = proxy.behavior
        let now = NIODeadline.now()
        var due = now
        if let delay = behavior.delay { due = now + .milliseconds(Int64(Int.random(in: delay))) }
        if let frozenUntil = behavior.frozenUntil { due = max(due, frozenUntil) }
        let direction = toServer ? 1 : 0
        if due <= now, latest[direction] <= now {
            write(bytes, to: channel)
        } else {
            // Strictly later than earlier data, because timers for the same time fire in any order.
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

/// The handler of one side of a connection.
private final class ConnectionSide: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let connection: ProxiedConnection
    private let isClient: Bool

    init(_ connection: ProxiedConnection, isClient: Bool) {
        self.connection = connection
        self.isClient = isClient
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        connection.pass(unwrapInboundIn(data), toServer: isClient)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        let other = isClient ? connection.server : connection.client
        other?.setOption(.autoRead, value: context.channel.isWritable).whenFailure { _ in }
    }

    func channelInactive(context: ChannelHandlerContext) { connection.close() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { connection.close() }
}
