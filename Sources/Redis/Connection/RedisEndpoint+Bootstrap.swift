internal import NIOCore
internal import NIOPosix
internal import NIOSSL

extension RedisEndpoint {
    /// Sockets as this endpoint needs them, with our handler at the end.
    ///
    /// - Throws: ``RedisError/connectionFailed(_:)`` when TLS cannot be set up, such as for an unreadable file of trust
    ///   roots.
    func bootstrap(group: any EventLoopGroup, connectTimeout: TimeAmount) throws(RedisError) -> ClientBootstrap {
        let tls: NIOSSLContext?
        do {
            tls = isTLS ? try NIOSSLContext(configuration: tlsConfiguration()) : nil
        } catch {
            throw .connectionFailed("\(self): TLS: \(error)")
        }
        let hostname = serverName
        let bootstrap = ClientBootstrap(group: group)
            .connectTimeout(connectTimeout)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls { try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: hostname)) }
                    try pipeline.addHandler(RedisChannelHandler())
                }
            }
        if case .unixSocket = address { return bootstrap }
        return
            bootstrap
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.socketOption(.so_keepalive), value: 1)
    }

    func connect(_ bootstrap: ClientBootstrap) -> EventLoopFuture<any Channel> {
        switch address {
        case .host(let host, let port): bootstrap.connect(host: host, port: port)
        case .unixSocket(let path): bootstrap.connect(unixDomainSocketPath: path)
        }
    }

    private func tlsConfiguration() throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        // Given the file, a NIOSSLContext that cannot read it leaves its memory behind, and there is one an attempt.
        if let tlsTrustRootsFile {
            configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(tlsTrustRootsFile))
        }
        return configuration
    }

    /// The name to verify; nil for an IP address, which NIOSSL then verifies by the socket's own address.
    private var serverName: String? {
        guard case .host(let host, let port) = address else { return nil }
        return (try? SocketAddress(ipAddress: host, port: port)) == nil ? host : nil
    }
}
