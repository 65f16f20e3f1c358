internal import Redis

extension SimulatedRedis {
    func get(_ request: Request, in database: Int) throws(Refusal) -> RedisValue {
        try string(request[1], in: database).map { .bytes($0) } ?? .null
    }

    func mget(_ request: Request, in database: Int) -> RedisValue {
        var values: [RedisValue] = []
        values.reserveCapacity(request.count - 1)
        for place in 1..<request.count {
            if case .string(let bytes) = keyspace.value(request[place], in: database) {
                values.append(.bytes(bytes))
            } else {
                values.append(.null)
            }
        }
        return .array(values)
    }

    func getrange(_ request: Request, in database: Int) throws(Refusal) -> RedisValue {
        let (first, last) = (try request.integer(2), try request.integer(3))
        let bytes = try string(request[1], in: database) ?? []
        if first < 0, last < 0, first > last { return .bytes([]) }
        let count = Int64(bytes.count)
        let start = max(0, first < 0 ? count + first : first)
        let end = min(count - 1, max(0, last < 0 ? count + last : last))
        return start > end ? .bytes([]) : .bytes(Array(bytes[Int(start)...Int(end)]))
    }

    mutating func set(_ request: Request, in database: Int) throws(Refusal) -> RedisValue {
        let options = request.count > 3 ? try SetOptions(request) : SetOptions()
        var expiry = Keyspace.never
        if let place = options.timeToLive {
            let milliseconds = try request.integer(place).multipliedReportingOverflow(by: options.unit)
            let end = milliseconds.partialValue.addingReportingOverflow(clock)
            guard milliseconds.partialValue > 0, !milliseconds.overflow, !end.overflow else {
                throw Refusal("ERR invalid expire time in 'set' command")
            }
            expiry = end.partialValue
        }
        if options.condition != .none {
            guard keyspace.exists(request[1], in: database) == (options.condition == .exists) else { return .null }
        }
        let key = keyspace.key(request[1], in: database)
        if options.keepsTimeToLive { expiry = keyspace.expiry(key, in: database) }
        keyspace.set(.string(request.copy(2)), at: key, in: database, expiry: expiry)
        return .ok
    }

    private struct SetOptions {
        enum Condition {
            case none
            case exists
            case isMissing
        }

        var condition = Condition.none
        var keepsTimeToLive = false
        /// The index of the time-to-live argument.
        var timeToLive: Int?
        /// The unit of the time to live, in milliseconds.
        var unit: Int64 = 1

        init() {}

        init(_ request: Request) throws(Refusal) {
            var place = 3
            while place < request.count {
                if request.isWord(place, "NX"), condition != .exists {
                    condition = .isMissing
                } else if request.isWord(place, "XX"), condition != .isMissing {
                    condition = .exists
                } else if request.isWord(place, "KEEPTTL"), timeToLive == nil {
                    keepsTimeToLive = true
                } else if request.isWord(place, "PX") || request.isWord(place, "EX"),
                    timeToLive == nil, !keepsTimeToLive, place + 1 < request.count
                {
                    unit = request.isWord(place, "PX") ? 1 : 1_000
                    place += 1
                    timeToLive = place
                } else {
                    throw .syntax
                }
                place += 1
            }
        }
    }

    mutating func mset(_ request: Request, in database: Int) throws(Refusal) -> RedisValue {
        guard request.count % 2 == 1 else { throw .argumentCount("mset") }
        for place in stride(from: 1, to: request.count, by: 2) {
            let key = keyspace.key(request[place], in: database)
            keyspace.set(.string(request.copy(place + 1)), at: key, in: database)
        }
        return .ok
    }

    private func string(_ name: UnsafeRawBufferPointer, in database: Int) throws(Refusal) -> [UInt8]? {
        switch keyspace.value(name, in: database) {
        case .string(let bytes): return bytes
        case nil: return nil
        default: throw .wrongType
        }
    }
}
