/// An error that Redis answered: the connection is fine, the command was refused.
public struct RedisServerError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The whole line as Redis sent it, such as `WRONGTYPE Operation against a key…`; one string keeps ``RedisValue`` small.
    public let description: String

    /// The error that Redis wrote as `line`.
    public init(_ line: String) {
        description = line
    }

    /// What kind it is: the first word, such as `ERR`, `WRONGTYPE`, `NOAUTH`, `EXECABORT`, `OOM`, `READONLY`.
    public var code: String {
        String(description.prefix { $0 != " " })
    }

    /// The text after the code.
    public var message: String {
        String(description.drop { $0 != " " }.dropFirst())
    }
}
