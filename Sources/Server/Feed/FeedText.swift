internal import NIOCore

/// Blocks of `text/event-stream`.
enum FeedText {
    /// A comment, which keeps an idle connection open.
    static let comment = ByteBuffer(string: ":\n\n")

    /// The first block of a stream: the browser's delay before it reconnects, and the position before the first event.
    /// Without the position, a browser that loses the connection before the first event could not resume.
    static func opening(at position: FeedPosition?) -> ByteBuffer {
        ByteBuffer(string: "retry: 1000\n" + (position.map { "id: \($0)\n" } ?? "") + "\n")
    }

    /// The position of a stream, without an event.
    static func mark(_ position: FeedPosition) -> ByteBuffer { ByteBuffer(string: "id: \(position)\n\n") }

    /// An event without a position. A viewer who misses it gets the next one.
    static func notice(_ name: String, _ data: [UInt8]) -> ByteBuffer {
        ByteBuffer(bytes: Array("event: \(name)\ndata: ".utf8) + data + Array("\n\n".utf8))
    }

    static func block(_ event: FeedEvent, at position: FeedPosition) -> ByteBuffer {
        var block = ByteBuffer()
        block.reserveCapacity(event.lines.count + 48)
        block.writeString("id: \(position)\n")
        block.writeBytes(event.lines)
        block.writeString("\n")
        return block
    }
}
