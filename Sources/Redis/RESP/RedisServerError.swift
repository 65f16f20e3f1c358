/// An error reply of Redis: it refused the command, and the connection stays usable.
public struct RedisServerError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The whole line from Redis, such as `WRONGTYPE Operation against a key…`. One string keeps ``RedisValue`` small.
    public let description: String

    /// - Parameter line: the reply without its leading `-`.
    public init(_ line: String) {
        description = line
    }

    /// The first word, such as `ERR`, `WRONGTYPE`, `NOAUTH`, `EXECABORT`, `OOM`, `READONLY`.
    public var code: String {
        String(description.prefix { $0 != " " })
    }

    /// The text after the code.
    public var message: String {
        String(description.drop { $0 != " " }.dropFirst())
    }
}
