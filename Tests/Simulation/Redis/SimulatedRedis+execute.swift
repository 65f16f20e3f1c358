internal import Redis

extension SimulatedRedis {
    /// Executes a command that was not refused, alone or as part of a transaction.
    mutating func execute(_ command: Command, _ request: Request, _ connection: inout Connection) -> RedisValue {
        do throws(Refusal) {
            return try executeOrRefuse(command, request, &connection)
        } catch {
            return error.reply
        }
    }

    private mutating func executeOrRefuse(
        _ command: Command,
        _ request: Request,
        _ connection: inout Connection
    ) throws(Refusal) -> RedisValue {
        let database = connection.database
        switch command {
        case .get: return try get(request, in: database)
        case .mget: return mget(request, in: database)
        case .getrange: return try getrange(request, in: database)
        case .set: return try set(request, in: database)
        case .mset: return try mset(request, in: database)
        case .bitfield: return try bitfield(request, in: database)

        case .hget: return try hget(request, in: database)
        case .hmget: return try hmget(request, in: database)
        case .hgetall: return try hgetall(request, in: database)
        case .hkeys: return try hkeys(request, in: database)
        case .hexists: return try hexists(request, in: database)
        case .hlen: return try hlen(request, in: database)
        case .hscan: return try hscan(request, in: database)
        case .hset: return try hset(request, in: database)
        case .hdel: return try hdel(request, in: database)

        case .sadd: return try sadd(request, in: database)
        case .srem: return try srem(request, in: database)
        case .sismember: return try sismember(request, in: database)
        case .smembers: return try smembers(request, in: database)
        case .srandmember: return try srandmember(request, in: database)

        case .zadd: return try zadd(request, in: database)
        case .zscore: return try zscore(request, in: database)
        case .zrangebyscore: return try zrangebyscore(request, in: database)

        case .del: return .integer((1..<request.count).count { keyspace.remove(request[$0], in: database) })
        case .exists: return .integer((1..<request.count).count { keyspace.exists(request[$0], in: database) })
        case .dbsize: return .integer(keyspace.keys(in: database).count)
        case .scan: return try scan(request, in: database)
        case .flushdb, .flushall: return try flush(request, command == .flushall ? nil : database)
        case .swapdb: return try swapdb(request)

        case .select: return try select(request, &connection)
        case .client: return try client(request, &connection)
        case .ping: return try ping(request)
        case .info: return info(request)
        case .role: return role
        case .publish: return .integer(0)
        case .bgrewriteaof: return try bgrewriteaof()
        case .unwatch:
            connection.unwatch()
            return .ok
        case .watch, .multi, .exec, .discard: fatalError("\(command.rawValue) cannot be part of a transaction")
        }
    }
}
