public import Concurrency
public import NIOCore
public import NIOPosix
internal import Synchronization

/// A client with one shared connection. It connects at the first use, and reconnects with backoff after a failure. The
/// commands of many tasks are pipelined.
///
/// It never sends a command twice. Commands that are pending when the connection breaks fail, and the caller decides
/// whether it is safe to send them again.
public final class RedisClient: Sendable {
    private enum State {
        case idle
        case connecting(RedisCompletion<RedisConnection>, Task<Void, Never>)
        case connected(RedisConnection)
        case shutDown
    }

    private let endpoint: RedisEndpoint
    private let timeouts: RedisTimeouts
    private let backoff: Backoff
    private let group: any EventLoopGroup
    private let state = Mutex(State.idle)

    /// Does not connect yet. The group must live longer than the client.
    public init(
        _ endpoint: RedisEndpoint,
        timeouts: RedisTimeouts = RedisTimeouts(),
        backoff: Backoff = Backoff(),
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) {
        self.endpoint = endpoint
        self.timeouts = timeouts
        self.backoff = backoff
        self.group = group
    }

    /// A subscriber to the same Redis, with its own connection.
    public var subscriber: RedisSubscriber {
        RedisSubscriber(endpoint, timeouts: timeouts, backoff: backoff, group: group)
    }

    /// Connects if necessary, and sends a pipeline as ``RedisConnection/send(_:)`` does.
    ///
    /// - Throws: the errors of ``connection()`` and ``RedisConnection/send(_:)``.
    public func send(_ pipeline: RedisPipeline) async throws(RedisError) -> RedisReplies {
        try await connection().send(pipeline)
    }

    /// The open connection, or a new one. Callers that ask while there is none share the same attempts, which continue
    /// until ``RedisTimeouts/connect`` has passed.
    ///
    /// - Throws: the ``RedisError`` of the last attempt. An error that is not ``RedisError/isTransient`` ends the attempts.
    public func connection() async throws(RedisError) -> RedisConnection {
        if Task.isCancelled { throw .cancelled }
        let pending: RedisCompletion<RedisConnection> = state.withLock { state in
            switch state {
            case .connecting(let completion, _): return completion
            case .connected(let connection) where connection.isOpen: return RedisCompletion(.success(connection))
            case .shutDown: return RedisCompletion(.failure(Self.shutDownError))
            case .idle, .connected:
                let completion = RedisCompletion<RedisConnection>()
                state = .connecting(completion, Task { await self.connect(completion) })
                return completion
            }
        }
        return try await pending.value()
    }

    /// Closes for ever. Pending commands and callers that wait for a connection fail with
    /// ``RedisError/connectionClosed(_:)``.
    public func shutdown() async {
        let former = state.withLock { state in
            defer { state = .shutDown }
            return state
        }
        switch former {
        case .idle, .shutDown: break
        case .connecting(let completion, let attempts):
            completion.complete(.failure(Self.shutDownError))
            attempts.cancel()
            await attempts.value
        case .connected(let connection):
            connection.closeNow()
            await connection.close()
        }
    }

    private static var shutDownError: RedisError { .connectionClosed("the client was shut down") }

    private func connect(_ completion: RedisCompletion<RedisConnection>) async {
        let outcome: Result<RedisConnection, RedisError>
        do throws(RedisError) {
            outcome = .success(try await connectWithBackoff())
        } catch {
            outcome = .failure(error)
        }
        state.withLock { state in
            // After a shutdown the new connection is dropped, which closes it.
            guard case .connecting = state else { return }
            if case .success(let connection) = outcome { state = .connected(connection) } else { state = .idle }
        }
        completion.complete(outcome)
    }

    private func connectWithBackoff() async throws(RedisError) -> RedisConnection {
        let end = ContinuousClock.now + timeouts.connect
        var attempt = 0
        while true {
            do throws(RedisError) {
                let limited = timeouts.limiting(connect: end - .now)
                return try await RedisConnection.connect(to: endpoint, timeouts: limited, group: group)
            } catch {
                let delay = backoff.delay(attempt: attempt)
                guard error.isTransient, .now + delay < end else { throw error }
                do { try await Task.sleep(for: delay) } catch { throw .cancelled }
                attempt += 1
            }
        }
    }
}
