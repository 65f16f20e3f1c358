internal import Concurrency
public import NIOCore
public import NIOPosix

extension RedisConnection {
    /// Connects and signs in: TCP with `TCP_NODELAY` or a Unix socket, TLS, `AUTH`, `SELECT`. All of it must be done
    /// within ``RedisTimeouts/connect``.
    ///
    /// The group must live longer than the connection.
    ///
    /// - Throws: ``RedisError/connectionFailed(_:)``, ``RedisError/notTrusted(server:cause:)``, ``RedisError/timeout(_:)``,
    ///   ``RedisError/server(_:)`` for a wrong password, or ``RedisError/cancelled``.
    public static func connect(
        to endpoint: RedisEndpoint,
        timeouts: RedisTimeouts = RedisTimeouts(),
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async throws(RedisError) -> RedisConnection {
        try await open(endpoint, timeouts: timeouts, group: group).value()
    }

    /// Begins to connect and sign in. If no caller takes the connection, its last reference is dropped, which closes it.
    private static func open(
        _ endpoint: RedisEndpoint,
        timeouts: RedisTimeouts,
        group: any EventLoopGroup
    ) -> RedisCompletion<RedisConnection> {
        let result = RedisCompletion<RedisConnection>()
        let deadline = ContinuousClock.now + timeouts.connect
        let opened = OpenedChannels()
        let bootstrap: ClientBootstrap
        do throws(RedisError) {
            let connectTimeout = TimeAmount(timeouts.connect)
            bootstrap = try endpoint.bootstrap(group: group, connectTimeout: connectTimeout, opened: opened)
        } catch {
            result.complete(.failure(error))
            return result
        }
        endpoint.connect(bootstrap).flatMapThrowing { channel in
            guard let handler = opened.takeHandler(of: channel) else { throw ChannelPipelineError.notFound }
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
    /// The error as a failed attempt to connect.
    fileprivate static func connecting(to endpoint: RedisEndpoint, _ error: any Error) -> RedisError {
        switch error {
        case RedisError.connectionClosed(let cause): .connectionFailed("\(endpoint): \(cause)")
        case RedisError.notTrusted(_, let cause): .notTrusted(server: "\(endpoint)", cause: cause)
        case RedisError.timeout: .timeout("connecting to \(endpoint)")
        case let error as RedisError: error
        case ChannelError.connectTimeout: .timeout("connecting to \(endpoint)")
        default: .connectionFailed("\(endpoint): \(cause(of: error))")
        }
    }
}
