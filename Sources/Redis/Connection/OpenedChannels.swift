internal import NIOCore
internal import Synchronization

/// The channels that were opened for one attempt to connect: one for each address that was tried.
///
/// A handler is not looked up in its channel: a channel that has closed already, because TLS failed at once, has no
/// handlers any more, and only its handler knows why it closed.
final class OpenedChannels: Sendable {
    private let handlers = Mutex<[ObjectIdentifier: NIOLoopBound<RedisChannelHandler>]>([:])

    /// Adds a handler to the end of the channel's pipeline. Must be called on the event loop of the channel.
    func addHandler(to channel: any Channel) throws {
        let handler = RedisChannelHandler()
        try channel.pipeline.syncOperations.addHandler(handler)
        handlers.withLock { $0[ObjectIdentifier(channel)] = NIOLoopBound(handler, eventLoop: channel.eventLoop) }
    }

    /// Takes the handler that ``addHandler(to:)`` added, and forgets the other channels. Must be called on the event loop
    /// of the channel.
    func takeHandler(of channel: any Channel) -> RedisChannelHandler? {
        let handler = handlers.withLock { handlers in
            defer { handlers = [:] }
            return handlers[ObjectIdentifier(channel)]
        }
        return handler?.value
    }
}
