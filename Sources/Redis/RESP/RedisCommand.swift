/// A command and its arguments. It is kept in RESP2 from the start, so that every argument is written once and a
/// pipeline takes the command in one piece.
public struct RedisCommand: Sendable {
    /// The name and the arguments as bulk strings, one after the other.
    private(set) var bytes: [UInt8] = []
    /// Where the name ends in `bytes`.
    private var nameEnd = 0
    /// The number of arguments, with the name.
    public private(set) var argumentCount = 0

    /// A command and its first arguments if they are texts: `RedisCommand("SET", "key", "value")`.
    public init(_ name: String, _ arguments: String...) {
        restart(name)
        for argument in arguments { append(argument) }
    }

    /// Reserves memory for `arguments` more arguments of `bytes` bytes together.
    public mutating func reserveCapacity(arguments: Int, bytes count: Int) {
        // With a length of two digits.
        bytes.reserveCapacity(bytes.count + count + arguments * 7)
    }

    /// Adds a text as one argument.
    public mutating func append(_ text: String) {
        let text = text.utf8.span
        appendArgument(ofAtMost: text.count) { bytes in
            bytes.appendLength(text.count)
            bytes.append(contentsOf: text)
        }
    }

    /// Adds bytes as one argument.
    public mutating func append(_ argument: some Collection<UInt8>) {
        bytes.append(addingCapacity: Self.framing) { $0.appendLength(argument.count) }
        bytes.append(contentsOf: argument)
        endArgument()
    }

    /// Adds a number in decimal as one argument.
    public mutating func append(_ number: Int64) {
        appendArgument(ofAtMost: 20) { bytes in
            bytes.appendLength((number < 0 ? 1 : 0) + Self.digits(of: number.magnitude))
            if number < 0 { bytes.append(UInt8(ascii: "-")) }
            bytes.append(decimal: number.magnitude)
        }
    }

    /// Adds a number in decimal as one argument.
    public mutating func append(_ number: Int) {
        append(Int64(number))
    }

    /// Adds arguments that never change, in RESP2: `$2\r\nNX\r\n`, for example.
    package mutating func append(framed arguments: StaticString, count: Int) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: arguments.utf8Start, count: arguments.utf8CodeUnitCount))
        argumentCount += count
    }

    /// Adds one argument: the bytes that `write` appends.
    public mutating func appendArgument(_ write: (inout [UInt8]) -> Void) {
        let start = bytes.count
        // The length is known only afterwards. Most arguments have 10 to 99 bytes, and then this room is right.
        bytes.append(addingCapacity: Self.framing) { $0.appendLength(10) }
        let content = bytes.count
        write(&bytes)
        var length = bytes.count - content
        let digits = Self.digits(of: UInt64(length))
        if digits < 2 { bytes.remove(at: start + 1) }
        if digits > 2 { bytes.insert(contentsOf: repeatElement(0, count: digits - 2), at: start + 1) }
        for place in (start + 1...start + digits).reversed() {
            bytes[place] = UInt8(ascii: "0") + UInt8(length % 10)
            length /= 10
        }
        endArgument()
    }

    /// Starts a new command and keeps the allocated memory.
    public mutating func restart(_ name: String) {
        bytes.removeAll(keepingCapacity: true)
        argumentCount = 0
        append(name)
        nameEnd = bytes.count
    }

    /// The same arguments for another command.
    public func renamed(_ name: String) -> RedisCommand {
        var renamed = RedisCommand(name)
        renamed.bytes.append(contentsOf: bytes[nameEnd...])
        renamed.argumentCount = argumentCount
        return renamed
    }

    /// The most bytes around an argument: its length, and two ends of lines.
    private static let framing = 25

    /// Adds one argument with one check of the memory: `write` appends its length and its bytes.
    private mutating func appendArgument(ofAtMost count: Int, _ write: (inout OutputSpan<UInt8>) -> Void) {
        bytes.append(addingCapacity: Self.framing + count) { bytes in
            write(&bytes)
            bytes.appendLineEnd()
        }
        argumentCount += 1
    }

    private mutating func endArgument() {
        bytes.append(addingCapacity: 2) { $0.appendLineEnd() }
        argumentCount += 1
    }

    private static func digits(of number: UInt64) -> Int {
        var (rest, digits) = (number, 1)
        while rest >= 10 {
            rest /= 10
            digits += 1
        }
        return digits
    }
}

extension OutputSpan<UInt8> {
    /// The first line of a bulk string.
    fileprivate mutating func appendLength(_ length: Int) {
        append(UInt8(ascii: "$"))
        append(decimal: UInt64(length))
        appendLineEnd()
    }

    fileprivate mutating func appendLineEnd() {
        append(UInt8(ascii: "\r"))
        append(UInt8(ascii: "\n"))
    }
}
