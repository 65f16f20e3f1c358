internal import CRedis

/// Decodes replies. Owns a hiredis reader; no pointer of it is visible outside.
struct ReplyDecoder: ~Copyable {
    /// The most bytes of one reply. The protocol allows 512 MiB for a bulk string.
    static let defaultByteLimit = 513 << 20
    /// The most elements of an array: in memory an element may take six times the bytes that it takes in a reply.
    static let elementLimit: Int32 = 4 << 20

    /// hiredis moves the unread rest of its buffer while it parses, so it gets the bytes in small pieces.
    private static let pieceSize = 16 << 10

    /// The functions that hiredis calls for each reply and each element, in the order of the protocol. They append to the
    /// tape, to which the private data of each task points. What they return is the place of the node, plus one because
    /// NULL would mean that there is no memory; hiredis keeps it as the object of an array's task.
    ///
    /// Never freed, because every reader points to it. Threads can share it: it is written once, here.
    nonisolated(unsafe) private static let functions = {
        let functions = UnsafeMutablePointer<redisReplyObjectFunctions>.allocate(capacity: 1)
        functions.initialize(
            to: redisReplyObjectFunctions(
                createString: { task, text, count in
                    guard let task else { return nil }
                    return ReplyDecoder.append(to: task) { tape in
                        let kind: ReplyTape.Kind =
                            switch task.pointee.type {
                            case REDIS_REPLY_STATUS: .status
                            case REDIS_REPLY_ERROR: .error
                            default: .bytes
                            }
                        tape.appendText(kind, UnsafeRawBufferPointer(start: text, count: count))
                    }
                },
                createArray: { task, count in
                    guard let task, count <= ReplyDecoder.elementLimit else { return nil }
                    return ReplyDecoder.append(to: task) { $0.appendNode(.array, Int64(count)) }
                },
                createInteger: { task, number in
                    guard let task else { return nil }
                    return ReplyDecoder.append(to: task) { $0.appendNode(.integer, number) }
                },
                createNil: { task in
                    guard let task else { return nil }
                    return ReplyDecoder.append(to: task) { $0.appendNode(.null) }
                },
                // The tape owns everything.
                freeObject: { _ in }
            )
        )
        return functions
    }()

    /// Appends a node to the tape of a reader's task, and to the arrays that it is in.
    private static func append(
        to task: UnsafePointer<redisReadTask>,
        _ body: (inout ReplyTape) -> Void
    ) -> UnsafeMutableRawPointer? {
        guard let tape = task.pointee.privdata?.assumingMemoryBound(to: ReplyTape.self) else { return nil }
        body(&tape.pointee)
        let count = tape.pointee.nodes.count
        var parent = task.pointee.parent
        while let array = parent {
            tape.pointee.extend(array: Int(bitPattern: array.pointee.obj) - 1)
            parent = array.pointee.parent
        }
        return UnsafeMutableRawPointer(bitPattern: count)
    }

    /// Owned: freed in `deinit`.
    private let reader: UnsafeMutablePointer<redisReader>
    /// Owned: freed in `deinit`. In memory of its own, because the functions above change it while the reader is called.
    private let tape: UnsafeMutablePointer<ReplyTape>
    private let byteLimit: Int
    private var bytesOfReply = 0

    init(byteLimit: Int = defaultByteLimit) {
        // hiredis returns NULL only if there is no memory.
        guard let reader = redisReaderCreateWithFunctions(Self.functions) else { fatalError("hiredis: out of memory") }
        tape = .allocate(capacity: 1)
        tape.initialize(to: ReplyTape())
        reader.pointee.privdata = UnsafeMutableRawPointer(tape)
        self.reader = reader
        self.byteLimit = byteLimit
    }

    deinit {
        redisReaderFree(reader)
        tape.deinitialize(count: 1)
        tape.deallocate()
    }

    /// Adds received bytes and calls `body` after each complete reply, which is then the last one of the tape. `body` may
    /// take replies away.
    ///
    /// - Throws: ``RedisError/protocolViolation(_:)``, after which the decoder must not be used; or the error of `body`.
    mutating func decode(
        _ bytes: UnsafeRawBufferPointer,
        _ body: (inout ReplyTape) throws(RedisError) -> Void
    ) throws(RedisError) {
        var start = 0
        while start < bytes.count {
            let end = min(start + Self.pieceSize, bytes.count)
            let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
            // hiredis copies the bytes.
            guard redisReaderFeed(reader, piece.baseAddress, piece.count) == REDIS_OK else { throw violation() }
            bytesOfReply += piece.count
            while try next() {
                bytesOfReply = 0
                try body(&tape.pointee)
            }
            if bytesOfReply > byteLimit { throw .protocolViolation("a reply of more than \(byteLimit) bytes") }
            start = end
        }
    }

    /// - Returns: whether a whole reply was added to the tape.
    private mutating func next() throws(RedisError) -> Bool {
        var reply: UnsafeMutableRawPointer?
        guard redisReaderGetReply(reader, &reply) == REDIS_OK else { throw violation() }
        if reply == nil { return false }
        tape.pointee.endReply()
        return true
    }

    /// The reader's error, whose text is in an array of C characters.
    private func violation() -> RedisError {
        let text = withUnsafeBytes(of: reader.pointee.errstr) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        return .protocolViolation(text.isEmpty ? "hiredis: error \(reader.pointee.err)" : text)
    }
}
