internal import Redis

extension SimulatedRedis {
    mutating func sadd(_ request: Request, in database: Int) throws(Refusal) -> RedisValue {
        let key = keyspace.key(request[1], in: database)
        var set = try takeSet(key, in: database) ?? ByteTable()
        var added = 0
        for place in 2..<request.count where set.place(of: request[place], adding: ()).isNew { added += 1 }
        keyspace.put(.set(set), at: key, in: database)
        if added > 0 { keyspace.touch(key, in: database) }
        return .integer(added)
    }

    mutating func srem(_ request: Request, in database: Int) throws(Refusal) -> RedisValue {
        let key = keyspace.key(request[1], in: database)
        guard var set = try takeSet(key, in: database) else { return .integer(0) }
        var removed = 0
        for place in 2..<request.count {
            guard let member = set.place(of: request[place]) else { continue }
            set.remove(at: member)
            removed += 1
        }
        keyspace.put(set.isEmpty ? nil : .set(set), at: key, in: database)
        if removed > 0 { keyspace.touch(key, in: database) }
        return .integer(removed)
    }

    func sismember(_ request: Request, in database: Int) throws(Refusal) -> RedisValue {
        .integer(try set(request[1], in: database)?.place(of: request[2]) == nil ? 0 : 1)
    }

    func smembers(_ request: Request, in database: Int) throws(Refusal) -> RedisValue {
        .array(try set(request[1], in: database)?.entries.map { .bytes($0.name) } ?? [])
    }

    /// Redis picks members at random; the simulation always takes the first ones.
    func srandmember(_ request: Request, in database: Int) throws(Refusal) -> RedisValue {
        guard request.count <= 3 else { throw .syntax }
        let count = request.count == 3 ? try request.integer(2) : nil
        let members = try set(request[1], in: database)?.entries ?? []
        guard let count else { return members.first.map { .bytes($0.name) } ?? .null }
        guard count < 0 else {
            return .array(members.prefix(Int(clamping: count)).map { .bytes($0.name) })
        }
        // With a negative count, members may repeat.
        guard let member = members.first else { return .array([]) }
        return .array(Array(repeating: .bytes(member.name), count: Int(clamping: count.magnitude)))
    }

    private func set(_ name: UnsafeRawBufferPointer, in database: Int) throws(Refusal) -> ByteTable<Void>? {
        switch keyspace.value(name, in: database) {
        case .set(let set): return set
        case nil: return nil
        default: throw .wrongType
        }
    }

    private mutating func takeSet(_ key: Int, in database: Int) throws(Refusal) -> ByteTable<Void>? {
        switch keyspace.take(key, in: database) {
        case .set(let set): return set
        case nil: return nil
        case .some(let other):
            keyspace.put(other, at: key, in: database)
            throw .wrongType
        }
    }
}
