/// A command and its arguments. All arguments are in one buffer, so an `MSET` of 1,000 entries needs no array for each
/// argument.
public struct RedisCommand: Sendable {
    @usableFromInline var bytes: [UInt8] = []
    /// Where each argument ends in `bytes`.
    @usableFromInline var ends: [Int] = []

    /// A command and its first arguments if they are texts: `RedisCommand("SET", "key", "value")`.
    public init(_ name: String, _ arguments: String...) {
        append(name)
        for argument in arguments { append(argument) }
    }

    /// Reserves memory for `arguments` more arguments of `bytes` bytes together.
    public mutating func reserveCapacity(arguments: Int, bytes count: Int) {
        ends.reserveCapacity(ends.count + arguments)
        bytes.reserveCapacity(bytes.count + count)
    }

    /// Adds a text as one argument.
    @inlinable
    public mutating func append(_ text: String) {
        bytes.append(contentsOf: text.utf8)
        ends.append(bytes.count)
    }

    /// Adds bytes as one argument.
    @inlinable
    public mutating func append(_ argument: some Collection<UInt8>) {
        bytes.append(contentsOf: argument)
        ends.append(bytes.count)
    }

    /// Adds one argument: the bytes that `write` appends.
    @inlinable
    public mutating func appendArgument(_ write: (inout [UInt8]) -> Void) {
        write(&bytes)
        ends.append(bytes.count)
    }

    /// Starts a new command and keeps the allocated memory.
    public mutating func restart(_ name: String) {
        bytes.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        append(name)
    }

    /// The same arguments for another command.
    public func renamed(_ name: String) -> RedisCommand {
        var renamed = RedisCommand(name)
        guard let former = ends.first else { return renamed }
        renamed.reserveCapacity(arguments: ends.count, bytes: bytes.count)
        renamed.bytes.append(contentsOf: bytes[former...])
        let shift = name.utf8.count - former
        for end in ends.dropFirst() { renamed.ends.append(end + shift) }
        return renamed
    }

    /// Adds a number in decimal as one argument.
    public mutating func append(_ number: Int64) {
        if number < 0 { bytes.append(UInt8(ascii: "-")) }
        let start = bytes.count
        var rest = number.magnitude
        repeat {
            bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        bytes[start...].reverse()
        ends.append(bytes.count)
    }

    /// Adds a number in decimal as one argument.
    public mutating func append(_ number: Int) {
        append(Int64(number))
    }

    /// The number of arguments, with the name.
    public var argumentCount: Int { ends.count }
}
