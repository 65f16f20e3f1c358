import Testing

@testable import Redis

@Suite("Decoding replies")
struct ReplyDecoderTests {
    /// Decodes `text` in pieces of `size` bytes.
    private func decode(_ text: String, pieces size: Int = .max, byteLimit: Int = 1 << 20) throws -> [RedisValue] {
        var decoder = ReplyDecoder(byteLimit: byteLimit)
        var replies: [RedisValue] = []
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: min(size, bytes.count)) {
            let piece = Array(bytes[start..<min(start + min(size, bytes.count), bytes.count)])
            let result = piece.withUnsafeBytes { piece in
                Result { () throws(RedisError) in try decoder.decode(piece) { replies.append(RedisReplies($0).last!) } }
            }
            try result.get()
        }
        return replies
    }

    private static let stream =
        ":-42\r\n+OK\r\n$-1\r\n*-1\r\n$0\r\n\r\n$4\r\na\r\nb\r\n-ERR no\r\n*3\r\n:1\r\n*1\r\n$1\r\nx\r\n$-1\r\n*0\r\n"
    private static let values: [RedisValue] = [
        .integer(-42), .status("OK"), .null, .null, .bytes([]), .bytes(Array("a\r\nb".utf8)),
        .error(RedisServerError("ERR no")), .array([.integer(1), .array([.bytes(Array("x".utf8))]), .null]), .array([]),
    ]

    @Test("Every kind of reply is decoded, however the bytes are split", arguments: [1, 2, 3, 7, 1_000])
    func splits(size: Int) throws {
        #expect(try decode(Self.stream, pieces: size) == Self.values)
    }

    @Test("Bytes that are not RESP2 are refused", arguments: ["?x\r\n", "_\r\n", "#t\r\n", ">1\r\n"])
    func garbage(text: String) {
        let error = #expect(throws: RedisError.self) { try decode(text) }
        #expect("\(error!)".contains("Protocol error, got \"\(text.first!)\" as reply type byte"))
    }

    @Test("Replies before invalid bytes are delivered")
    func repliesBeforeGarbage() throws {
        var decoder = ReplyDecoder()
        var replies: [RedisValue] = []
        let result = Array(":1\r\n?".utf8).withUnsafeBytes { bytes in
            Result { () throws(RedisError) in try decoder.decode(bytes) { replies.append(RedisReplies($0).last!) } }
        }
        #expect(throws: RedisError.self) { try result.get() }
        #expect(replies == [.integer(1)])
    }

    @Test("An array that is too large is refused before memory is allocated for it")
    func hugeArray() throws {
        #expect(throws: RedisError.protocolViolation("Out of memory")) { try decode("*2147483647\r\n") }
        #expect(throws: RedisError.protocolViolation("Out of memory")) { try decode("*4194305\r\n") }
        #expect(try decode("*4194304\r\n") == [])
    }

    @Test("Arrays may be nested eight levels deep, and no deeper")
    func nesting() throws {
        let eight = String(repeating: "*1\r\n", count: 8) + ":1\r\n"
        #expect(try decode(eight).count == 1)
        let error = #expect(throws: RedisError.self) { try decode("*1\r\n" + eight) }
        #expect("\(error!)".contains("nested"))
    }

    @Test("A reply above the limit is refused before it is complete")
    func hugeReply() throws {
        let text = "$100000\r\n" + String(repeating: "x", count: 100_000) + "\r\n"
        #expect(try decode(text).count == 1)
        #expect(throws: RedisError.protocolViolation("a reply of more than 65536 bytes")) {
            try decode(text, byteLimit: 65_536)
        }
    }

    @Test("A bulk string that arrives in several pieces is decoded complete")
    func largeBulk() throws {
        let payload = String(repeating: "abcdefg", count: 50_000)
        let text = "$\(payload.utf8.count)\r\n\(payload)\r\n:5\r\n"
        #expect(try decode(text, pieces: 65_536) == [.bytes(Array(payload.utf8)), .integer(5)])
    }
}
