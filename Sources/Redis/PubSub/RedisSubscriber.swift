public import Concurrency
public import NIOCore
public import NIOPosix

/// Hears what is published, over a connection of its own that comes back, with backoff, when it broke.
///
/// Redis keeps nothing for whoever does not listen. So this tells when it listens and when not, and whoever needs
/// everything looks anew at each ``Event/listening`` and each ``Event/missed``.
public struct RedisSubscriber: Sendable {
    /// What there is to tell.
    public enum Event: Sendable, Hashable {
        /// From here on everything is heard: for the first time, or again.
        case listening
        /// What was published, in its order.
        case messages([RedisMessage])
        /// So much was published while the consumer was busy that messages were dropped.
        case missed
        /// Nothing is heard any more, or the attempt to listen failed; it is tried again by itself.
        case lost(RedisError)
    }

    private let endpoint: RedisEndpoint
    private let timeouts: RedisTimeouts
    private let backoff: Backoff
    private let pingInterval: Duration
    private let group: any EventLoopGroup

    /// A subscriber that does not connect yet. The group must live longer than it listens.
    ///
    /// - Parameter pingInterval: How often it is asked whether the connection is alive; one that does not answer within
    ///   the request timeout is given up.
    public init(
        _ endpoint: RedisEndpoint,
        timeouts: RedisTimeouts = RedisTimeouts(),
        backoff: Backoff = Backoff(),
        pingInterval: Duration = .seconds(5),
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) {
        self.endpoint = endpoint
        self.timeouts = timeouts
        self.backoff = backoff
        self.pingInterval = pingInterval
        self.group = group
    }

    /// Listens to these channels until the task is cancelled, and calls `body` with what there is to tell, one after the
    /// other. What comes while `body` is busy waits, within bounds.
    public func listen(to channels: [String], _ body: (Event) async -> Void) async {
        var attempt = 0
        while !Task.isCancelled {
            let start = ContinuousClock.now
            await body(.lost(await listenOnce(to: channels, body)))
            // A Redis that takes us in only to hang up counts as one that does not take us in.
            attempt = start.duration(to: .now) > backoff.maximum + timeouts.connect ? 0 : attempt + 1
            do { try await Task.sleep(for: backoff.delay(attempt: attempt)) } catch { return }
        }
    }

    /// Listens for as long as the connection holds.
    ///
    /// - Returns: why it ended.
    private func listenOnce(to channels: [String], _ body: (Event) async -> Void) async -> RedisError {
        let messages = MessageBuffer()
        let connection: RedisConnection
        do throws(RedisError) {
            connection = try await RedisConnection.connect(to: endpoint, timeouts: timeouts, group: group)
            try await connection.subscribe(to: channels, messages)
        } catch {
            return error
        }
        defer { connection.closeNow() }
        await body(.listening)
        return await withTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            group.addTask { await keepAsking(connection) }
            while true {
                do throws(RedisError) {
                    let taken = try await messages.next()
                    if taken.hasMissed { await body(.missed) }
                    if !taken.messages.isEmpty { await body(.messages(taken.messages)) }
                } catch {
                    return error
                }
            }
        }
    }

    /// A connection that does not answer closes itself, which ends the listening.
    private func keepAsking(_ connection: RedisConnection) async {
        let ping = RedisPipeline(RedisCommand("PING"))
        while (try? await Task.sleep(for: pingInterval)) != nil, (try? await connection.send(ping)) != nil {}
    }
}
