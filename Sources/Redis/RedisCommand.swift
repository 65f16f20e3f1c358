/// One command being put together. Its arguments lie in one flat buffer, so that an `MSET` of 1,000 entries costs no
/// array per argument.
public struct RedisCommand: Sendable {
    @usableFromInline var bytes: [UInt8] = []
    /// Where each argument ends in `bytes`.
    @usableFromInline var ends: [Int] = []

    /// A command and, where they are texts, its first arguments: `RedisCommand("SET", "key", "value")`.
    public init(_ name: String, _ arguments: String...) {
        append(name)
        for argument in arguments { append(argument) }
    }

    /// Makes room for `arguments` more arguments of `bytes` bytes together.
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

    /// How many arguments there are, the name included.
    public var argumentCount: Int { ends.count }
}
