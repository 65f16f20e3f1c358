internal import Redis

extension SimulatedRedis {
    func hget(_ request: Request, in database: Int) throws(Refusal) -> RedisValue {
        guard let hash = try hash(request[1], in: database), let place = hash.place(of: request[2]) else {
            return .null
        }
        return .bytes(hash[place])
    }

    func hmget(_ request: Request, in database: Int) throws(Refusal) -> RedisValue {
        let hash = try hash(request[1], in: database)
        return .array(
            (2..<request.count).map { place in
                guard let hash, let place = hash.place(of: request[place]) else { return .null }
                return .bytes(hash[place])
            }
        )
    }

    func hgetall(_ request: Request, in database: Int) throws(Refusal) -> RedisValue {
        .array(try fields(request[1], in: database))
    }

    /// All fields in one reply, for any cursor; the next cursor is always 0.
    func hscan(_ request: Request, in database: Int) throws(Refusal) -> RedisValue {
        _ = try Scan(request, from: 2)
        return .array([.bytes("0"), .array(try fields(request[1], in: database))])
    }

    private func fields(_ name: UnsafeRawBufferPointer, in database: Int) throws(Refusal) -> [RedisValue] {
        guard let hash = try hash(name, in: database) else { return [] }
        return hash.entries.flatMap { [.bytes($0.name), .bytes($0.value)] }
    }

    func hkeys(_ request: Request, in database: Int) throws(Refusal) -> RedisValue {
        .array(try hash(request[1], in: database)?.entries.map { .bytes($0.name) } ?? [])
    }

    func hexists(_ request: Request, in database: Int) throws(Refusal) -> RedisValue {
        .integer(try hash(request[1], in: database)?.place(of: request[2]) == nil ? 0 : 1)
    }

    func hlen(_ request: Request, in database: Int) throws(Refusal) -> RedisValue {
        .integer(try hash(request[1], in: database)?.count ?? 0)
    }

    mutating func hset(_ request: Request, in database: Int) throws(Refusal) -> RedisValue {
        guard request.count % 2 == 0 else { throw .argumentCount("hset") }
        let key = keyspace.key(request[1], in: database)
        var hash: ByteTable<[UInt8]>
        switch keyspace.take(key, in: database) {
        case .hash(let present): hash = present
        case nil: hash = ByteTable()
        case .some(let other):
            keyspace.put(other, at: key, in: database)
            throw .wrongType
        }
        var added = 0
        for place in stride(from: 2, to: request.count, by: 2) {
            let value = request.copy(place + 1)
            let (field, isNew) = hash.place(of: request[place], adding: value)
            if isNew { added += 1 } else { hash[field] = value }
        }
        keyspace.put(.hash(hash), at: key, in: database)
        keyspace.touch(key, in: database)
        return .integer(added)
    }

    mutating func hdel(_ request: Request, in database: Int) throws(Refusal) -> RedisValue {
        let key = keyspace.key(request[1], in: database)
        var hash: ByteTable<[UInt8]>
        switch keyspace.take(key, in: database) {
        case .hash(let present): hash = present
        case nil: return .integer(0)
        case .some(let other):
            keyspace.put(other, at: key, in: database)
            throw .wrongType
        }
        var removed = 0
        for place in 2..<request.count {
            guard let field = hash.place(of: request[place]) else { continue }
            hash.remove(at: field)
            removed += 1
        }
        keyspace.put(hash.isEmpty ? nil : .hash(hash), at: key, in: database)
        if removed > 0 { keyspace.touch(key, in: database) }
        return .integer(removed)
    }

    private func hash(_ name: UnsafeRawBufferPointer, in database: Int) throws(Refusal) -> ByteTable<[UInt8]>? {
        switch keyspace.value(name, in: database) {
        case .hash(let hash): return hash
        case nil: return nil
        default: throw .wrongType
        }
    }
}
