import Ledger
import LocalServers
import Redis
import RedisTesting
import Simulation

/// A real Redis and a simulated one. Both get the same pipelines, and every reply is compared.
actor Pair {
    private(set) var simulated = SimulatedRedis()
    /// The differing replies: the command names and both replies, one line each.
    private(set) var differences: [String] = []
    private let server: RedisServerProcess
    private var real: [RedisConnection] = []
    private var ids: [SimulatedRedis.ConnectionID] = []
    private var orders: [ReplyOrder] = []

    init(_ server: RedisServerProcess) { self.server = server }

    /// Opens a connection to both; the first connection has the number 0.
    func connect() async throws -> Int {
        real.append(try await server.connect())
        ids.append(simulated.connect())
        orders.append(ReplyOrder())
        return ids.count - 1
    }

    /// Closes a connection to both and opens a new one with the same number.
    func reconnect(_ connection: Int) async throws {
        await real[connection].close()
        real[connection] = try await server.connect()
        simulated.close(ids[connection])
        ids[connection] = simulated.connect()
        orders[connection] = ReplyOrder()
    }

    /// - Returns: the replies of the real Redis.
    func send(_ pipeline: RedisPipeline, on connection: Int) async throws(RedisError) -> RedisReplies {
        let replies = try await real[connection].send(pipeline)
        let simulatedReplies = try simulated.run(pipeline, on: ids[connection])
        var order = orders[connection]
        let expected = order.sorted(replies, of: pipeline)
        let found = orders[connection].sorted(simulatedReplies, of: pipeline)
        if expected != found {
            differences.append("\(order.names): real \(expected), simulated \(found)")
        }
        orders[connection] = order
        return replies
    }

    /// The differences in contents, one line per key. Only the presence of a time to live is compared.
    func differencesOfContents() async throws -> [String] {
        let connection = try await server.connect()
        var contents = Contents()
        for database in 0..<16 {
            let keys = try await connection.send(pipeline("SELECT \(database)", "SCAN 0 COUNT 100000"))
            for key in try keys[1].requireArray()[1].requireArray() {
                let name = try key.requireBytes()
                let key = Contents.Key(database: database, name: name)
                contents.values[key] = try await Self.value(of: name, on: connection)
                var timeToLive = RedisCommand("PTTL")
                timeToLive.append(name)
                let milliseconds = try await connection.send(RedisPipeline(timeToLive))[0].requireInteger()
                if milliseconds >= 0 { contents.expiries[key] = 0 }
            }
        }
        await connection.close()
        var found = simulated.contents
        found.expiries = found.expiries.mapValues { _ in 0 }
        return found.differences(from: contents)
    }

    private static func value(of name: [UInt8], on connection: RedisConnection) async throws -> Contents.Value? {
        func command(_ words: String...) -> RedisPipeline {
            var command = RedisCommand(words[0])
            command.append(name)
            for word in words.dropFirst() { command.append(word) }
            return RedisPipeline(command)
        }
        func list(_ words: RedisPipeline) async throws -> [[UInt8]] {
            try await connection.send(words)[0].requireArray().map { try $0.requireBytes() }
        }
        switch try await connection.send(command("TYPE"))[0].string {
        case "string": return .string(try await connection.send(command("GET"))[0].requireBytes())
        case "set": return .set(Set(try await list(command("SMEMBERS"))))
        case "hash": return .hash(try await list(command("HGETALL")).pairs)
        case "zset":
            let pairs = try await list(command("ZRANGEBYSCORE", "-inf", "+inf", "WITHSCORES")).pairs
            return .sortedSet(pairs.mapValues { Double(String(decoding: $0, as: UTF8.self)) ?? .nan })
        default: return nil
        }
    }
}

/// A connection to a ``Pair``, for the code of the ledger.
struct PairLink: RedisLink {
    let pair: Pair
    let connection: Int

    func send(_ pipeline: RedisPipeline) async throws(RedisError) -> RedisReplies {
        try await pair.send(pipeline, on: connection)
    }
}

extension [[UInt8]] {
    fileprivate var pairs: [[UInt8]: [UInt8]] {
        Dictionary(uniqueKeysWithValues: stride(from: 0, to: count - 1, by: 2).map { (self[$0], self[$0 + 1]) })
    }
}
