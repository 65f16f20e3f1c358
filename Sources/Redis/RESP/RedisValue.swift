/// A reply from Redis (RESP2).
public enum RedisValue: Sendable, Hashable {
    /// No value: a missing key, or an `EXEC` that failed because a watched key changed.
    case null
    /// A number, such as the reply to `INCR`.
    case integer(Int64)
    /// A bulk string: any bytes.
    case bytes([UInt8])
    /// A short word, such as `OK`.
    case status(String)
    /// Redis refused the command; other commands of the pipeline are not affected.
    case error(RedisServerError)
    /// Several replies in one, such as the reply to `MGET` or `EXEC`.
    case array([RedisValue])
}

extension RedisValue {
    /// The text of a bulk string that is UTF-8, or of a status; otherwise nil.
    public var string: String? {
        switch self {
        case .bytes(let bytes): String(validating: bytes, as: UTF8.self)
        case .status(let text): text
        case .null, .integer, .error, .array: nil
        }
    }

    /// The number of an integer reply, or of a bulk string in decimal, such as the reply to `GET` for a counter; otherwise
    /// nil.
    public var int: Int64? {
        switch self {
        case .integer(let number): number
        case .bytes: string.flatMap { Int64($0) }
        case .null, .status, .error, .array: nil
        }
    }

    /// Whether this is ``null``.
    public var isNull: Bool { self == .null }

    /// The same value, or the error that Redis replied.
    ///
    /// - Throws: ``RedisError/server(_:)``.
    @discardableResult
    public func checked() throws(RedisError) -> RedisValue {
        if case .error(let error) = self { throw .server(error) }
        return self
    }

    /// The number as ``int`` reads it.
    ///
    /// - Throws: ``RedisError/server(_:)`` for an error of Redis, ``RedisError/unexpectedReply(_:)`` for anything else.
    public func requireInteger() throws(RedisError) -> Int64 {
        guard let int else { throw mismatch("a number") }
        return int
    }

    /// The text as ``string`` reads it.
    ///
    /// - Throws: ``RedisError/server(_:)`` for an error of Redis, ``RedisError/unexpectedReply(_:)`` for anything else.
    public func requireString() throws(RedisError) -> String {
        guard let string else { throw mismatch("text") }
        return string
    }

    /// The bytes of a bulk string.
    ///
    /// - Throws: ``RedisError/server(_:)`` for an error of Redis, ``RedisError/unexpectedReply(_:)`` for anything else.
    public func requireBytes() throws(RedisError) -> [UInt8] {
        guard case .bytes(let bytes) = self else { throw mismatch("a bulk string") }
        return bytes
    }

    /// The elements of an array.
    ///
    /// - Throws: ``RedisError/server(_:)`` for an error of Redis, ``RedisError/unexpectedReply(_:)`` for anything else.
    public func requireArray() throws(RedisError) -> [RedisValue] {
        guard case .array(let elements) = self else { throw mismatch("an array") }
        return elements
    }

    private func mismatch(_ wanted: String) -> RedisError {
        switch self {
        case .error(let error): .server(error)
        case .null: .unexpectedReply("\(wanted) was expected, not null")
        case .integer: .unexpectedReply("\(wanted) was expected, not an integer")
        case .bytes: .unexpectedReply("\(wanted) was expected, not this bulk string")
        case .status: .unexpectedReply("\(wanted) was expected, not a status")
        case .array: .unexpectedReply("\(wanted) was expected, not an array")
        }
    }
}
