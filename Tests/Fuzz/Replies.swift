@testable import Redis

extension Fuzz {
    /// Decodes replies of Redis. The first byte is the size of the pieces that the decoder gets.
    static let replies = FuzzTarget(
        name: "replies",
        run: { decodeReplies($0) },
        seeds: {
            let texts = [
                ":-42\r\n+OK\r\n$-1\r\n*-1\r\n$0\r\n\r\n$4\r\na\r\nb\r\n-ERR no\r\n*3\r\n:1\r\n*1\r\n$1\r\nx\r\n$-1\r\n*0\r\n",
                "*3\r\n$7\r\nmessage\r\n$12\r\n{s0}:changes\r\n$3\r\nabc\r\n", "*2147483647\r\n", "$100000\r\nxxx",
                String(repeating: "*1\r\n", count: 8) + ":1\r\n", ":9223372036854775807\r\n:-9223372036854775808\r\n",
            ]
            return [1, 7].flatMap { size in texts.map { [size] + Array($0.utf8) } }
        },
        words: ["\r\n", "*1\r\n", "$-1\r\n", "$3\r\n", ":1\r\n", "+OK\r\n", "-ERR ", "*4194304\r\n", "message"]
    )

    private static func decodeReplies(_ input: Input) {
        var reader = InputReader(input)
        let size = max(1, Int(reader.byte()))
        let bytes = Array(reader.rest)
        let whole = decode(bytes, pieces: .max)
        let split = decode(bytes, pieces: size)
        require(whole.replies == split.replies && whole.error == split.error, "\(whole) in one piece, \(split) in many")
        if case .protocolViolation(let reason)? = whole.error {
            require(!reason.isEmpty, "no reason")
        } else {
            require(whole.error == nil, "\(whole)")
        }
        let again = decode(whole.replies.flatMap(\.encoded), pieces: size)
        require(again.replies == whole.replies && again.error == nil, "\(whole) is decoded as \(again)")
        for reply in whole.replies { _ = RedisMessage(reply).map { require($0.payload.count <= bytes.count, "\($0)") } }
    }

    private static func decode(_ bytes: [UInt8], pieces size: Int) -> (replies: [RedisValue], error: RedisError?) {
        var decoder = ReplyDecoder(byteLimit: 1 << 16)
        var replies: [RedisValue] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(size))
            rest = rest.dropFirst(size)
            let result = piece.withInput { input in
                Result { () throws(RedisError) in
                    try decoder.decode(UnsafeRawBufferPointer(input)) { replies.append(RedisReplies($0).last!) }
                }
            }
            if case .failure(let error) = result { return (replies, error) }
        }
        return (replies, nil)
    }
}

extension RedisValue {
    fileprivate var encoded: [UInt8] {
        switch self {
        case .null: Array("$-1\r\n".utf8)
        case .integer(let number): Array(":\(number)\r\n".utf8)
        case .bytes(let bytes): Array("$\(bytes.count)\r\n".utf8) + bytes + Array("\r\n".utf8)
        case .status(let text): Array("+\(text)\r\n".utf8)
        case .error(let error): Array("-\(error)\r\n".utf8)
        case .array(let elements): Array("*\(elements.count)\r\n".utf8) + elements.flatMap(\.encoded)
        }
    }
}
