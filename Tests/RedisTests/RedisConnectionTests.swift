import Redis
import RedisTesting
import Testing

@Suite("Connection to a real Redis", .timeLimit(.minutes(1)))
struct RedisConnectionTests {
    @Test("A value that is set is read back, and a missing key is null")
    func roundTrip() async throws {
        try await withConnection { connection in
            let replies = try await connection.send(
                RedisPipeline(RedisCommand("SET", "a", "1"), RedisCommand("GET", "a"), RedisCommand("GET", "b"))
            )
            #expect(replies == [.status("OK"), .bytes(Array("1".utf8)), .null])
        }
    }

    @Test("Keys and values of any bytes and length are kept")
    func binary() async throws {
        try await withConnection { connection in
            for length in [0, 1, 255, 16_384, 3_000_000] {
                let value = (0..<length).map { UInt8(truncatingIfNeeded: $0) }
                let key = Array(0...255) as [UInt8]
                var set = RedisCommand("SET")
                set.append(key)
                set.append(value)
                var get = RedisCommand("GET")
                get.append(key)
                let replies = try await connection.send(RedisPipeline(set, get))
                #expect(replies == [.status("OK"), .bytes(value)])
            }
        }
    }

    @Test("10,000 commands in one pipeline are answered in order")
    func pipelining() async throws {
        try await withConnection { connection in
            var pipeline = RedisPipeline()
            for _ in 0..<10_000 { pipeline.append(RedisCommand("INCR", "n")) }
            let numbers = try await connection.send(pipeline).map(\.int)
            #expect(numbers == (1...10_000).map { $0 })
        }
    }

    @Test("Many tasks share one connection and each gets its own replies")
    func sharing() async throws {
        try await withConnection { connection in
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<500 {
                    group.addTask {
                        try await connection.send("ECHO", "text \(number)").requireString() == "text \(number)"
                    }
                }
                for try await isRight in group { #expect(isRight) }
            }
        }
    }

    @Test("A command on the wrong type returns an error value, and the other commands are answered")
    func wrongType() async throws {
        try await withConnection { connection in
            let replies = try await connection.send(
                RedisPipeline(RedisCommand("SET", "a", "x"), RedisCommand("LPUSH", "a", "y"), RedisCommand("GET", "a"))
            )
            guard case .error(let error) = replies[1] else {
                Issue.record("\(replies[1]) instead of an error")
                return
            }
            #expect(error.code == "WRONGTYPE")
            #expect(replies[2].string == "x")
        }
    }

    @Test("A transaction returns an array of replies, or null when a watched key has changed")
    func transactions() async throws {
        try await withRedis { server in
            let mine = try await RedisConnection.connect(to: server.endpoint)
            let other = try await RedisConnection.connect(to: server.endpoint)
            let transaction = RedisPipeline(RedisCommand("MULTI"), RedisCommand("INCR", "n"), RedisCommand("EXEC"))

            _ = try await mine.send("WATCH", "n")
            #expect(
                try await mine.send(transaction) == [.status("OK"), .status("QUEUED"), .array([.integer(1)])]
            )
            _ = try await mine.send("WATCH", "n")
            _ = try await other.send("SET", "n", "7")
            #expect(try await mine.send(transaction).last == .null)
            #expect(try await mine.send("GET", "n").int == 7)
        }
    }

    @Test("Several pipelines can be submitted before the first is awaited")
    func submitting() async throws {
        try await withRedis { server in
            let connection = try await RedisConnection.connect(to: server.endpoint)
            let pending = (0..<100).map { _ in connection.submit(RedisPipeline(RedisCommand("INCR", "n"))) }
            for (index, replies) in pending.enumerated() {
                #expect(try await replies.value() == [.integer(Int64(index + 1))])
            }
        }
    }

    @Test("Closing waits for pending requests, and later requests fail")
    func closing() async throws {
        try await withConnection { connection in
            let pending = (0..<1_000).map { _ in connection.submit(RedisPipeline(RedisCommand("INCR", "n"))) }
            await connection.close()
            #expect(!connection.isOpen)
            let last = try await pending.last?.value()
            #expect(last == [.integer(1_000)])
            await #expect(throws: RedisError.connectionClosed("this program closed it")) {
                try await connection.send("PING")
            }
        }
    }
}
