internal import Redis

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

extension SimulatedRedis {
    mutating func zadd(_ request: Request, in database: Int) throws(Refusal) -> RedisValue {
        for word in ["NX", "XX", "GT", "LT", "CH", "INCR"] as [StaticString] {
            precondition(!request.isWord(2, word), "the simulated Redis does not support options of ZADD")
        }
        guard request.count % 2 == 0 else { throw .syntax }
        var scores: [Double] = []
        for place in stride(from: 2, to: request.count, by: 2) {
            guard let score = Double(redis: request[place]) else { throw .notAFloat }
            scores.append(score)
        }
        let key = keyspace.key(request[1], in: database)
        var members: ByteTable<Double>
        switch keyspace.take(key, in: database) {
        case .sortedSet(let present): members = present
        case nil: members = ByteTable()
        case .some(let other):
            keyspace.put(other, at: key, in: database)
            throw .wrongType
        }
        var (added, isTouched) = (0, false)
        for (index, score) in scores.enumerated() {
            let (member, isNew) = members.place(of: request[3 + 2 * index], adding: score)
            if isNew { added += 1 }
            if isNew || members[member] != score { isTouched = true }
            members[member] = score
        }
        keyspace.put(.sortedSet(members), at: key, in: database)
        if isTouched { keyspace.touch(key, in: database) }
        return .integer(added)
    }

    func zscore(_ request: Request, in database: Int) throws(Refusal) -> RedisValue {
        guard let members = try sortedSet(request[1], in: database), let member = members.place(of: request[2]) else {
            return .null
        }
        return .bytes(members[member].redisText)
    }

    func zrangebyscore(_ request: Request, in database: Int) throws(Refusal) -> RedisValue {
        let range = try ScoreRange(request)
        guard let members = try sortedSet(request[1], in: database) else { return .array([]) }
        let found = members.entries.filter { range.contains($0.value) }.sorted {
            $0.value != $1.value ? $0.value < $1.value : $0.name.lexicographicallyPrecedes($1.name)
        }
        let rest = range.offset < 0 ? [] : found.dropFirst(Int(range.offset))
        let page = range.count < 0 ? rest : rest.prefix(Int(range.count))
        return .array(
            page.flatMap { member -> [RedisValue] in
                range.hasScores ? [.bytes(member.name), .bytes(member.value.redisText)] : [.bytes(member.name)]
            }
        )
    }

    private struct ScoreRange {
        let first: (score: Double, isExcluded: Bool)
        let last: (score: Double, isExcluded: Bool)
        var hasScores = false
        var offset: Int64 = 0
        /// Negative: no limit.
        var count: Int64 = -1

        init(_ request: Request) throws(Refusal) {
            var place = 4
            while place < request.count {
                if request.isWord(place, "WITHSCORES") {
                    hasScores = true
                    place += 1
                } else if request.isWord(place, "LIMIT"), place + 2 < request.count {
                    (offset, count) = (try request.integer(place + 1), try request.integer(place + 2))
                    place += 3
                } else {
                    throw .syntax
                }
            }
            (first, last) = (try Self.end(request[2]), try Self.end(request[3]))
        }

        private static func end(_ text: UnsafeRawBufferPointer) throws(Refusal) -> (score: Double, isExcluded: Bool) {
            let isExcluded = text.first == UInt8(ascii: "(")
            guard let score = Double(redis: isExcluded ? .init(rebasing: text.dropFirst()) : text) else {
                throw Refusal("ERR min or max is not a float")
            }
            return (score, isExcluded)
        }

        func contains(_ score: Double) -> Bool {
            (first.isExcluded ? score > first.score : score >= first.score)
                && (last.isExcluded ? score < last.score : score <= last.score)
        }
    }

    private func sortedSet(_ name: UnsafeRawBufferPointer, in database: Int) throws(Refusal) -> ByteTable<Double>? {
        switch keyspace.value(name, in: database) {
        case .sortedSet(let members): return members
        case nil: return nil
        default: throw .wrongType
        }
    }
}

extension Double {
    fileprivate init?(redis text: UnsafeRawBufferPointer) {
        guard let number = Double(String(decoding: text, as: UTF8.self)), !number.isNaN else { return nil }
        self = number
    }

    /// A score as Redis 7.0 writes it: 17 significant digits, or all digits of an integer.
    var redisText: String {
        if let whole = Int64(exactly: self), whole.magnitude < 1 << 52 {
            return self == 0 && sign == .minus ? "-0" : String(whole)
        }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
            _ = withVaList([self]) { vsnprintf(buffer.baseAddress, buffer.count, "%.17g", $0) }
            return buffer.baseAddress.map { String(cString: $0) } ?? ""
        }
    }
}
