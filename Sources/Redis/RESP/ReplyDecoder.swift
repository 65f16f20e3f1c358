internal import CRedis

/// Turns bytes into replies: owns a hiredis reader, which no pointer leaves.
struct ReplyDecoder: ~Copyable {
    /// The most bytes one reply may have: a bulk string has 512 MiB at most by the protocol.
    static let defaultByteLimit = 513 << 20
    /// The most elements an array may announce: hiredis reserves memory for all of them at once.
    static let elementLimit: Int32 = 4 << 20

    /// hiredis moves the rest of its buffer down while it parses, so it is fed in pieces.
    private static let pieceSize = 16 << 10

    /// hiredis' own constructors of replies, but for arrays, whose announced length it would believe.
    ///
    /// Never freed: readers point to it as long as they live. Safe to share between threads: written here, once, and
    /// only read afterwards.
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

    /// A copy of the table in hiredis that a new reader points to.
    private static let standardFunctions: redisReplyObjectFunctions? = {
        guard let reader = redisReaderCreate() else { return nil }
        defer { redisReaderFree(reader) }
        return reader.pointee.fn.pointee
    }()

    /// Ours from creation to deinit.
    private let reader: UnsafeMutablePointer<redisReader>
    private let byteLimit: Int
    private var bytesOfReply = 0

    init(byteLimit: Int = defaultByteLimit) {
        // NULL from either means that there is no memory.
        guard let functions = Self.functions, let reader = redisReaderCreateWithFunctions(functions) else {
            fatalError("hiredis: out of memory")
        }
        self.reader = reader
        self.byteLimit = byteLimit
    }

    deinit {
        // Frees a half-read reply as well.
        redisReaderFree(reader)
    }

    /// Takes bytes as they came and calls `body` with each reply that is complete.
    ///
    /// - Throws: ``RedisError/protocolViolation(_:)``, after which nothing more can be decoded; or what `body` throws.
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
        // A reply is ours to free once the reader has handed it out.
        defer { freeReplyObject(reply) }
        return Self.value(reply.assumingMemoryBound(to: redisReply.self))
    }

    /// Copies a reply; recursion ends because hiredis accepts eight levels at most.
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

    /// What the reader complains about; it keeps the text in an array of C characters.
    private func violation() -> RedisError {
        let text = withUnsafeBytes(of: reader.pointee.errstr) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        return .protocolViolation(text.isEmpty ? "hiredis: error \(reader.pointee.err)" : text)
    }
}
