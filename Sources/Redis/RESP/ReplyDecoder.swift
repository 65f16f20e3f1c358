internal import CRedis

/// Decodes replies. Owns a hiredis reader; no pointer of it is visible outside.
struct ReplyDecoder: ~Copyable {
    /// The most bytes of one reply. The protocol allows 512 MiB for a bulk string.
    static let defaultByteLimit = 513 << 20
    /// The most elements of an array. hiredis allocates memory for the announced number before the elements arrive.
    static let elementLimit: Int32 = 4 << 20

    /// hiredis moves the unread rest of its buffer while it parses, so it gets the bytes in small pieces.
    private static let pieceSize = 16 << 10

    /// The functions with which hiredis creates replies, with a limit on the length of arrays.
    ///
    /// Never freed, because every reader points to it. Threads can share it: it is written once, here.
    nonisolated(unsafe) private static let functions: UnsafeMutablePointer<redisReplyObjectFunctions>? = {
        guard let original = standardFunctions else { return nil }
        let bounded = UnsafeMutablePointer<redisReplyObjectFunctions>.allocate(capacity: 1)
        bounded.initialize(to: original)
        bounded.pointee.createArray = { task, count in
            // NULL makes the reader fail with "Out of memory".
            if count > ReplyDecoder.elementLimit { return nil }
            return ReplyDecoder.standardFunctions?.createArray(task, count)
        }
        return bounded
    }()

    /// A copy of the functions of a new hiredis reader.
    private static let standardFunctions: redisReplyObjectFunctions? = {
        guard let reader = redisReaderCreate() else { return nil }
        defer { redisReaderFree(reader) }
        return reader.pointee.fn.pointee
    }()

    /// Owned: freed in `deinit`.
    private let reader: UnsafeMutablePointer<redisReader>
    private let byteLimit: Int
    private var bytesOfReply = 0

    init(byteLimit: Int = defaultByteLimit) {
        // hiredis returns NULL only if there is no memory.
        guard let functions = Self.functions, let reader = redisReaderCreateWithFunctions(functions) else {
            fatalError("hiredis: out of memory")
        }
        self.reader = reader
        self.byteLimit = byteLimit
    }

    deinit {
        // Also frees an incomplete reply.
        redisReaderFree(reader)
    }

    /// Adds received bytes and calls `body` with each complete reply.
    ///
    /// - Throws: ``RedisError/protocolViolation(_:)``, after which the decoder must not be used; or the error of `body`.
    mutating func decode(
        _ bytes: UnsafeRawBufferPointer,
        _ body: (RedisValue) throws(RedisError) -> Void
    ) throws(RedisError) {
        var start = 0
        while start < bytes.count {
            let end = min(start + Self.pieceSize, bytes.count)
            let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
            // hiredis copies the bytes.
            guard redisReaderFeed(reader, piece.baseAddress, piece.count) == REDIS_OK else { throw violation() }
            bytesOfReply += piece.count
            while let reply = try next() {
                bytesOfReply = 0
                try body(reply)
            }
            if bytesOfReply > byteLimit { throw .protocolViolation("a reply of more than \(byteLimit) bytes") }
            start = end
        }
    }

    private func next() throws(RedisError) -> RedisValue? {
        var reply: UnsafeMutableRawPointer?
        guard redisReaderGetReply(reader, &reply) == REDIS_OK else { throw violation() }
        guard let reply else { return nil }
        // The caller of the reader frees the reply.
        defer { freeReplyObject(reply) }
        return Self.value(reply.assumingMemoryBound(to: redisReply.self))
    }

    /// Copies a reply. The recursion is limited: hiredis accepts at most eight levels of arrays.
    private static func value(_ reply: UnsafeMutablePointer<redisReply>) -> RedisValue {
        let text = UnsafeRawBufferPointer(
            start: reply.pointee.str,
            count: reply.pointee.str == nil ? 0 : reply.pointee.len
        )
        switch reply.pointee.type {
        case REDIS_REPLY_STRING: return .bytes([UInt8](text))
        case REDIS_REPLY_INTEGER: return .integer(reply.pointee.integer)
        case REDIS_REPLY_STATUS: return .status(String(decoding: text, as: UTF8.self))
        case REDIS_REPLY_ERROR: return .error(RedisServerError(String(decoding: text, as: UTF8.self)))
        case REDIS_REPLY_ARRAY:
            let elements = UnsafeBufferPointer(start: reply.pointee.element, count: reply.pointee.elements)
            return .array(elements.map { $0.map(value) ?? .null })
        default: return .null
        }
    }

    /// The reader's error, whose text is in an array of C characters.
    private func violation() -> RedisError {
        let text = withUnsafeBytes(of: reader.pointee.errstr) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        return .protocolViolation(text.isEmpty ? "hiredis: error \(reader.pointee.err)" : text)
    }
}
