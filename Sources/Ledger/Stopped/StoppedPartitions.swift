package import Log
internal import Redis

/// A partition that a worker has stopped, and why (``LogFault``).
package struct StoppedPartition: Hashable, Sendable, CustomStringConvertible {
    /// The partition.
    package let partition: TopicPartition
    /// When it was stopped, in seconds since 1970.
    package let since: Int64
    /// What is wrong and what to do about it, for operators; it does not name the partition.
    package let sentence: String

    /// A sentence that names the partition.
    package var description: String { "\(partition) is stopped: \(sentence)" }

    /// A partition that was stopped. Control characters and line breaks become spaces, and a long sentence is cut.
    package init(_ partition: TopicPartition, since: Int64, sentence: String) {
        self.partition = partition
        self.since = min(max(since, 0), Self.latest)
        let printable = sentence.unicodeScalars.prefix(Self.sentenceLimit).map { Self.isPrintable($0) ? $0 : " " }
        self.sentence = printable.isEmpty ? "no reason was given" : String(String.UnicodeScalarView(printable))
    }

    /// The most Unicode code points of a sentence.
    static let sentenceLimit = 1_000
    /// The end of the year 9999.
    private static let latest: Int64 = 253_402_300_799

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned: false
        default: true
        }
    }

    var field: String { Self.field(of: partition) }

    static func field(of partition: TopicPartition) -> String { "\(partition.topic):\(partition.partition)" }

    var value: String { "\(since) \(sentence)" }

    /// Reads a field of the hash and its value.
    package init(field: String, value: [UInt8]) throws(CorruptRecord) {
        let unreadable = CorruptRecord(reason: "it does not describe a stopped partition")
        let text = String(decoding: value, as: UTF8.self)
        guard let colon = field.lastIndex(of: ":"), colon != field.startIndex,
            let number = Int32(field[field.index(after: colon)...]), number >= 0,
            let space = text.firstIndex(of: " "), let since = Int64(text[..<space])
        else { throw unreadable }
        let sentence = String(text[text.index(after: space)...])
        self.init(TopicPartition(topic: String(field[..<colon]), partition: number), since: since, sentence: sentence)
        // The program writes it in exactly one form.
        guard self.field == field, Array(self.value.utf8) == value else { throw unreadable }
    }
}

/// The list of stopped partitions. It is in Redis, so that servers and `status` can show it.
package enum StoppedPartitions {
    /// The most partitions that are read; a longer list is an error.
    package static let limit: Int64 = 10_000

    /// Records that a partition was stopped. It replaces an earlier note of the same partition.
    /// - Parameters:
    ///   - sentence: what is wrong and what to do about it, without the partition's name.
    ///   - seconds: when it was stopped, in seconds since 1970.
    package static func note(
        _ partition: TopicPartition,
        _ sentence: String,
        at seconds: Int64,
        over link: some RedisLink,
        keys: KeySpace
    ) async throws(LedgerError) {
        let stopped = StoppedPartition(partition, since: seconds, sentence: sentence)
        let reply = try await link.replies(to: RedisCommand("HSET", keys.stopped, stopped.field, stopped.value))[0]
        _ = try count(reply, keys)
    }

    /// Removes these partitions from the list, because they are read again.
    package static func clear(
        _ partitions: some Collection<TopicPartition>,
        over link: some RedisLink,
        keys: KeySpace
    ) async throws(LedgerError) {
        if partitions.isEmpty { return }
        var command = RedisCommand("HDEL", keys.stopped)
        for partition in partitions { command.append(StoppedPartition.field(of: partition)) }
        _ = try count(try await link.replies(to: command)[0], keys)
    }

    /// All stopped partitions, sorted by topic and number.
    package static func all(over link: some RedisLink, keys: KeySpace) async throws(LedgerError) -> [StoppedPartition] {
        let size = try count(try await link.replies(to: RedisCommand("HLEN", keys.stopped))[0], keys)
        if size == 0 { return [] }
        guard size <= limit else { throw .corrupt(CorruptRecord(place: keys.stopped, reason: "it has \(size) fields")) }
        let reply = try await link.replies(to: RedisCommand("HGETALL", keys.stopped))[0]
        var all: [StoppedPartition] = []
        for (field, value) in try reply.pairs("HGETALL") {
            let field = String(decoding: try field.optionalBytes("HGETALL") ?? [], as: UTF8.self)
            let value = try value.optionalBytes("HGETALL") ?? []
            all.append(
                try reading("\(keys.stopped) \(field)") { () throws(CorruptRecord) in
                    try StoppedPartition(field: field, value: value)
                }
            )
        }
        return all.sorted { $0.partition < $1.partition }
    }

    private static func count(_ reply: RedisValue, _ keys: KeySpace) throws(LedgerError) -> Int64 {
        switch reply {
        case .integer(let count): return count
        case .error(let error) where error.code == "WRONGTYPE":
            throw .corrupt(CorruptRecord(place: keys.stopped, reason: "it is not a hash"))
        case .error(let error): throw .refused(error)
        default: throw .unexpectedReply("the stopped partitions")
        }
    }
}
