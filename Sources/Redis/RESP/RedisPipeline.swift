internal import CRedis
internal import NIOCore

/// Several commands that are written together and answered in the same order.
public struct RedisPipeline: Sendable {
    /// The commands in RESP2.
    private(set) var buffer = ByteBuffer()
    /// The number of commands, and so of replies.
    public private(set) var count = 0

    /// The most bytes of one command: Redis' own limit (`client-query-buffer-limit`).
    static let commandLimit = 1 << 30

    /// A pipeline of these commands; empty if there are none.
    public init(_ commands: RedisCommand...) {
        for command in commands { append(command) }
    }

    /// An empty pipeline with memory reserved for this many bytes.
    public init(reserving bytes: Int) { buffer.reserveCapacity(bytes) }

    /// Whether there are no commands.
    public var isEmpty: Bool { count == 0 }

    /// The number of bytes that will be written.
    public var byteCount: Int { buffer.readableBytes }

    /// Calls `body` with the commands in RESP2: one array of bulk strings after the other.
    package func withUnsafeWireBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        buffer.withUnsafeReadableBytes(body)
    }

    /// Adds a command. A command may have at most 1 GiB and a pipeline just under 4 GiB: more is a programming error.
    public mutating func append(_ command: RedisCommand) {
        precondition(command.bytes.count < Self.commandLimit, "a Redis command is 1 GiB at most")
        command.withArguments { arguments, lengths in
            // hiredis allocates the formatted command. It is copied below, and the defer frees it.
            var formatted: sds?
            let length = redisFormatSdsCommandArgv(
                &formatted,
                Int32(arguments.count),
                arguments.baseAddress,
                lengths.baseAddress
            )
            defer { redisFreeSdsCommand(formatted) }
            guard length >= 0, let formatted else { fatalError("hiredis: out of memory") }
            buffer.writeBytes(UnsafeRawBufferPointer(start: formatted, count: Int(length)))
        }
        count += 1
    }

    /// Adds all commands of another pipeline.
    public mutating func append(contentsOf other: RedisPipeline) {
        buffer.writeImmutableBuffer(other.buffer)
        count += other.count
    }
}

extension RedisCommand {
    /// Calls `body` with the arguments as C pointers, which are valid only during the call.
    fileprivate func withArguments(
        _ body: (UnsafeMutableBufferPointer<UnsafePointer<CChar>?>, UnsafeMutableBufferPointer<Int>) -> Void
    ) {
        bytes.withUnsafeBytes { bytes in
            let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: ends.count) { arguments in
                withUnsafeTemporaryAllocation(of: Int.self, capacity: ends.count) { lengths in
                    var from = 0
                    for (index, end) in ends.enumerated() {
                        arguments.initializeElement(at: index, to: start.map { $0 + from })
                        lengths.initializeElement(at: index, to: end - from)
                        from = end
                    }
                    body(arguments, lengths)
                }
            }
        }
    }
}
