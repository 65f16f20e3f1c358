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
        // In one step: each one checks the buffer's memory, and that nobody else writes to it.
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: command.bytes.count + 24) { memory in
            var header = OutputSpan(buffer: memory.bindMemory(to: UInt8.self), initializedCount: 0)
            header.append(UInt8(ascii: "*"))
            header.append(decimal: UInt64(command.argumentCount))
            header.append(UInt8(ascii: "\r"))
            header.append(UInt8(ascii: "\n"))
            header.append(contentsOf: command.bytes.span)
            return header.finalize(for: memory.bindMemory(to: UInt8.self))
        }
        count += 1
    }

    /// Adds all commands of another pipeline.
    public mutating func append(contentsOf other: RedisPipeline) {
        buffer.writeImmutableBuffer(other.buffer)
        count += other.count
    }
}
