internal import NIOCore
internal import NIOPosix
internal import NIOSSL

extension RedisEndpoint {
    /// A bootstrap for this endpoint, with TLS if needed and a `RedisChannelHandler` as the last handler, which `opened`
    /// has.
    ///
    /// - Throws: ``RedisError/notTrusted(server:cause:)`` if TLS cannot be set up, for example if the file of trust roots
    ///   cannot be read.
    func bootstrap(
        group: any EventLoopGroup,
        connectTimeout: TimeAmount,
        opened: OpenedChannels
    ) throws(RedisError) -> ClientBootstrap {
        let tls: NIOSSLContext?
        do {
            tls = isTLS ? try NIOSSLContext(configuration: tlsConfiguration()) : nil
        } catch {
            let file = tlsTrustRootsFile ?? "the system's certificate authorities"
            throw .notTrusted(
                server: "\(self)",
                cause:
                    "TLS cannot be set up with \(file): \(error); check that the file exists, that this user may read "
                    + "it, and that it holds certificates in PEM"
            )
        }
        let hostname = serverName
        let bootstrap = ClientBootstrap(group: group)
            .connectTimeout(connectTimeout)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: tls, serverHostname: hostname)
                        )
                    }
                    try opened.addHandler(to: channel)
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
        // The file is read here: a NIOSSLContext that cannot read it leaks memory, once for each attempt to connect.
        if let tlsTrustRootsFile {
            configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(tlsTrustRootsFile))
        }
        return configuration
    }

    /// The host name that TLS verifies; nil for an IP address, because NIOSSL then verifies the socket's address.
    private var serverName: String? {
        guard case .host(let host, let port) = address else { return nil }
        return (try? SocketAddress(ipAddress: host, port: port)) == nil ? host : nil
    }
}
