internal import Concurrency
public import NIOCore
public import NIOPosix

extension RedisConnection {
    /// Connects and signs in: TCP without delay (or a Unix socket), TLS, `AUTH`, `SELECT`, all within
    /// ``RedisTimeouts/connect``.
    ///
    /// The group must live longer than the connection.
    ///
    /// - Throws: ``RedisError/connectionFailed(_:)``, ``RedisError/timeout(_:)``, ``RedisError/server(_:)`` for a wrong
    ///   password, or ``RedisError/cancelled``.
    public static func connect(
        to endpoint: RedisEndpoint,
        timeouts: RedisTimeouts = RedisTimeouts(),
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async throws(RedisError) -> RedisConnection {
        try await open(endpoint, timeouts: timeouts, group: group).value()
    }

    /// Begins to connect and sign in. When nobody takes the connection in the end, dropping it closes it.
    private static func open(
        _ endpoint: RedisEndpoint,
        timeouts: RedisTimeouts,
        group: any EventLoopGroup
    ) -> RedisCompletion<RedisConnection> {
        let result = RedisCompletion<RedisConnection>()
        let deadline = ContinuousClock.now + timeouts.connect
        let bootstrap: ClientBootstrap
        do throws(RedisError) {
            bootstrap = try endpoint.bootstrap(group: group, connectTimeout: TimeAmount(timeouts.connect))
        } catch {
            result.complete(.failure(error))
            return result
        }
        endpoint.connect(bootstrap).flatMapThrowing { channel in
            let handler = try channel.pipeline.syncOperations.handler(type: RedisChannelHandler.self)
            return RedisConnection(channel: channel, handler: handler, timeouts: timeouts)
        }.whenComplete { outcome in
            switch outcome {
            case .failure(let error): result.complete(.failure(.connecting(to: endpoint, error)))
            case .success(let connection): connection.signIn(endpoint, until: deadline, result)
            }
        }
        return result
    }

    private func signIn(
        _ endpoint: RedisEndpoint,
        until deadline: ContinuousClock.Instant,
        _ result: RedisCompletion<RedisConnection>
    ) {
        submit(endpoint.signIn, timeout: deadline - .now).completion.whenComplete { outcome in
            do throws(RedisError) {
                for reply in try outcome.get() { try reply.checked() }
                result.complete(.success(self))
            } catch {
                self.closeNow()
                result.complete(.failure(.connecting(to: endpoint, error)))
            }
        }
    }
}

extension RedisError {
    /// The same error as it reads while there is no connection yet.
    fileprivate static func connecting(to endpoint: RedisEndpoint, _ error: any Error) -> RedisError {
        switch error {
        case RedisError.connectionClosed(let cause): .connectionFailed("\(endpoint): \(cause)")
        case RedisError.timeout: .timeout("connecting to \(endpoint)")
        case let error as RedisError: error
        case ChannelError.connectTimeout: .timeout("connecting to \(endpoint)")
        // Our handler is gone already: the channel was closed in the same turn of the loop in which it had opened.
        case ChannelPipelineError.notFound:
            .connectionFailed("\(endpoint): closed as it opened\(endpoint.isTLS ? ", TLS was not agreed on" : "")")
        default: .connectionFailed("\(endpoint): \(cause(of: error))")
        }
    }
}
