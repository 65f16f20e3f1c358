import Model
import Redis
import RedisTesting
import Simulation
import Testing

@Suite("Operations of a schedule on the simulated Redis")
struct SimulatedRedisTests {
    private var redis = SimulatedRedis()

    @Test("A restart from a snapshot restores its contents, changes the run id and closes all connections")
    func restart() throws {
        var redis = redis
        let connection = redis.connect()
        _ = try redis.run(pipeline("SET a 1", "HSET h f 1"), on: connection)
        let snapshot = redis
        _ = try redis.run(pipeline("SET a 2", "HSET h f 2 g 2", "SADD s m", "WATCH a"), on: connection)
        #expect(redis.contents != snapshot.contents)
        let runID = redis.runID
        redis.restart(keeping: snapshot)
        #expect(redis.contents == snapshot.contents)
        #expect(redis.runID != runID && redis.runID.count == 40)
        #expect(throws: RedisError.self) { try redis.run(pipeline("PING"), on: connection) }
        #expect(redis.connect() != connection)
    }

    @Test("A set has the right members after it grew and shrank many times")
    func manyMembers() throws {
        var redis = redis
        let connection = redis.connect()
        var random = SeededGenerator(seed: 1)
        var members: Set<Int> = []
        for step in 0..<20_000 {
            let member = Int.random(in: 0..<60, using: &random)
            // Long phases of growth and of shrinking down to a few members.
            let isAdded = random.chance(step / 500 % 2 == 0 ? 900 : 60)
            let sent = pipeline("\(isAdded ? "SADD" : "SREM") s \(member)", "SISMEMBER s \((member + step) % 60)")
            let changes = isAdded ? members.insert(member).inserted : members.remove(member) != nil
            let replies = try redis.run(sent, on: connection)
            let isThere = members.contains((member + step) % 60)
            #expect(replies == [.integer(changes ? 1 : 0), .integer(isThere ? 1 : 0)], "step \(step)")
        }
    }

    @Test("A connection that breaks keeps its executed commands and drops its open transaction", arguments: 0...4)
    func broken(after count: Int) throws {
        var redis = redis
        let connection = redis.connect()
        let sent = pipeline("SET a 1", "MULTI", "SET b 1", "EXEC")
        #expect(try redis.run(sent, on: connection, first: count).count == count)
        redis.close(connection)
        let other = redis.connect()
        let replies = try redis.run(pipeline("EXISTS a", "EXISTS b", "EXEC"), on: other)
        #expect(replies[0] == .integer(count >= 1 ? 1 : 0))
        #expect(replies[1] == .integer(count == 4 ? 1 : 0))
        #expect(replies[2] == .error(RedisServerError("ERR EXEC without MULTI")))
    }

    @Test("An expired key is deleted, and a transaction that watched it fails")
    func expiry() throws {
        var redis = redis
        let connection = redis.connect()
        _ = try redis.run(pipeline("SET a 1 PX 100", "WATCH a"), on: connection)
        redis.advanceClock(milliseconds: 100)
        #expect(try redis.run(pipeline("GET a"), on: connection) == [.bytes([0x31])])
        redis.advanceClock(milliseconds: 1)
        let replies = try redis.run(pipeline("GET a", "MULTI", "SET b 1", "EXEC"), on: connection)
        #expect(replies == [.null, .status("OK"), .status("QUEUED"), .null])
        #expect(redis.contents == Contents())
    }

    @Test("A replica, a loading Redis and one without memory refuse commands and open transactions")
    func refusals() throws {
        for (set, code) in [
            ({ $0.role = .replica }, "READONLY"), ({ $0.isLoading = true }, "LOADING"),
            ({ $0.isOutOfMemory = true }, "OOM"),
        ] as [((inout ServerState) -> Void, String)] {
            var redis = redis
            let connection = redis.connect()
            _ = try redis.run(pipeline("MULTI", "SET a 1"), on: connection)
            set(&redis.server)
            let replies = try redis.run(pipeline("EXEC", "SET a 1", "MULTI", "SET a 1", "EXEC"), on: connection)
            #expect(replies.map(\.code) == [code == "LOADING" ? nil : code, code, nil, code, "EXECABORT"])
            // A real Redis never loads data while a client has an open transaction, so the result of EXEC does not matter.
            #expect(redis.contents.values.isEmpty == (code != "LOADING"))
        }
    }

    @Test("A rewrite of the append-only file lasts until the schedule ends it")
    func rewrite() throws {
        var redis = redis
        let connection = redis.connect()
        redis.server.appendOnly = true
        let replies = try redis.run(pipeline("BGREWRITEAOF", "BGREWRITEAOF", "INFO persistence"), on: connection)
        #expect(replies.map(\.code) == [nil, "ERR", nil])
        #expect(try replies[2].requireString().contains("aof_enabled:1\r\naof_rewrite_in_progress:1\r\n"))
        redis.server.rewrite = .failed
        let info = try redis.run(pipeline("INFO"), on: connection)[0].requireString()
        #expect(info.contains("aof_rewrite_in_progress:0\r\n") && info.contains("aof_last_bgrewrite_status:err\r\n"))
        #expect(info.contains("run_id:\(redis.runID)\r\n") && info.contains("role:master\r\n"))
    }

    @Test("Differences of contents name each key with both values")
    func differences() throws {
        var redis = redis
        let connection = redis.connect()
        _ = try redis.run(pipeline("SET a 1", "SADD s m", "SELECT 1", "HSET h f v", "ZADD z 2 m"), on: connection)
        let before = redis.contents
        _ = try redis.run(pipeline("SELECT 0", "SET a 2", "DEL s"), on: connection)
        #expect(
            redis.contents.differences(from: before) == [#"a: "2", not "1""#, "s: nothing, not {m}"]
        )
        #expect(redis.contents.description == "a: \"2\"\n[1] h: {f: \"v\"}\n[1] z: {m = 2.0}")
    }
}

extension RedisValue {
    fileprivate var code: String? {
        if case .error(let error) = self { error.code } else { nil }
    }
}
