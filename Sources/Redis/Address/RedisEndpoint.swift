/// The address of a Redis, and how to sign in.
///
/// | URL | meaning |
/// |---|---|
/// | `redis://[user][:password@]host[:port][/database]` | TCP; port 6379 and database 0 unless given |
/// | `rediss://…[?cacert=/path/ca.pem]` | TLS; the system's trust roots, or those of the file; the host name is verified |
/// | `unix:///path/to.sock[?db=0]` | a Unix socket |
///
/// User and password are percent-decoded. An IPv6 address must be in brackets.
public struct RedisEndpoint: Sendable, Hashable, CustomStringConvertible {
    /// A TCP address or a Unix socket.
    public enum Address: Sendable, Hashable {
        /// A name or an IP address, without brackets, and a port.
        case host(String, port: Int)
        /// The path of a Unix socket.
        case unixSocket(String)
    }

    /// What to connect to.
    public let address: Address
    /// Whether the connection is encrypted.
    public let isTLS: Bool
    /// The user to sign in as; nil for Redis' default user.
    public let user: String?
    /// The number of the database.
    public var database: Int
    /// A PEM file with the certificate authorities to trust instead of the system's.
    public let tlsTrustRootsFile: String?
    let password: Secret?

    /// Reads a URL.
    ///
    /// - Throws: ``RedisError/badURL(_:)`` with a reason that never quotes the URL.
    public init(url: String) throws(RedisError) {
        let parts = try RedisURL(url)
        switch parts.scheme {
        case "redis", "rediss":
            address = .host(try parts.host(), port: try parts.port())
            isTLS = parts.scheme == "rediss"
        case "unix":
            address = .unixSocket(try parts.socketPath())
            isTLS = false
        default:
            throw .badURL("it must begin with redis://, rediss:// or unix://")
        }
        (user, password) = try parts.credentials()
        database = try parts.database()
        tlsTrustRootsFile = parts.query["cacert"]
        if tlsTrustRootsFile != nil, !isTLS { throw .badURL("cacert needs rediss://") }
    }

    /// The URL without user and password.
    public var description: String {
        switch address {
        case .host(let host, let port):
            let name = host.contains(":") ? "[\(host)]" : host
            return "\(isTLS ? "rediss" : "redis")://\(name):\(port)/\(database)"
        case .unixSocket(let path):
            return "unix://\(path)?db=\(database)"
        }
    }

    /// The first commands on a connection. `SELECT` is sent for database 0 too: its reply proves that the server is a
    /// Redis and accepts the sign-in.
    var signIn: RedisPipeline {
        var pipeline = RedisPipeline()
        if let password {
            var command = RedisCommand("AUTH")
            if let user { command.append(user) }
            command.append(password.text)
            pipeline.append(command)
        }
        pipeline.append(RedisCommand("SELECT", String(database)))
        return pipeline
    }
}

/// A text that stays hidden when its owner is printed, dumped or logged.
struct Secret: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    let text: String

    var description: String { "(secret)" }
    var customMirror: Mirror { Mirror(self, children: []) }
}
