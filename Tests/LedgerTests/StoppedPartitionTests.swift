import Ledger
import Log
import Redis
import RedisTesting
import Testing

@Suite("Stopped partitions", .timeLimit(.minutes(1)))
struct StoppedPartitionTests {
    private let keys = KeySpace(shards: 3)
    private let orders = TopicPartition(topic: "sales.orders", partition: 2)
    private let people = TopicPartition(topic: "sales.people", partition: 11)

    @Test("For each fault of a log, the operator reads what to do")
    func advice() {
        let faults: [LogFault] = [
            .beginningDeleted(next: 5, low: 9), .beyondEnd(next: 5, high: 2), .replaced(offset: 4),
        ]
        for fault in faults { #expect(fault.advice.contains("run `salestargets rebuild")) }
    }

    @Test("A noted stop is visible until it is cleared")
    func notes() async throws {
        try await withRedis { server in
            let connection = try await server.connect()
            #expect(try await all(connection).isEmpty)
            try await note(connection, people, "the log ends at 3", at: 5)
            try await note(connection, orders, "the log begins at 7", at: 6)
            try await note(connection, orders, "the log begins at 9: run `salestargets rebuild`", at: 7)
            let found = try await all(connection)
            #expect(found.map(\.partition) == [orders, people] && found.map(\.since) == [7, 5])
            #expect(
                found[0].description == "sales.orders[2] is stopped: the log begins at 9: run `salestargets rebuild`"
            )
            try await StoppedPartitions.clear([orders, orders], over: connection, keys: keys)
            try await StoppedPartitions.clear([], over: connection, keys: keys)
            #expect(try await all(connection).map(\.partition) == [people])
        }
    }

    @Test("A reason is kept as one line of bounded length")
    func sentences() async throws {
        try await withRedis { server in
            let connection = try await server.connect()
            try await note(connection, orders, "two\nlines\u{7}" + String(repeating: "é", count: 5_000), at: -1)
            try await note(connection, people, "", at: .max)
            let found = try await all(connection)
            #expect(found[0].sentence.hasPrefix("two lines é") && found[0].sentence.count == 1_000)
            #expect(found[0].since == 0)
            #expect(!found[1].sentence.isEmpty)
        }
    }

    @Test(
        "An invalid value is refused with the name of its key",
        arguments: [
            ["HSET", "{s0}:stopped", "sales.orders", "1 x"], ["HSET", "{s0}:stopped", "sales.orders:-1", "1 x"],
            ["HSET", "{s0}:stopped", ":1", "1 x"], ["HSET", "{s0}:stopped", "sales.orders:01", "1 x"],
            ["HSET", "{s0}:stopped", "sales.orders:1", "x"], ["HSET", "{s0}:stopped", "sales.orders:1", "1 a\nb"],
            ["HSET", "{s0}:stopped", "sales.orders:1", "1 "], ["SET", "{s0}:stopped", "1"],
        ]
    )
    func foreign(words: [String]) async throws {
        try await withRedis { server in
            let connection = try await server.connect()
            var command = RedisCommand(words[0])
            for word in words.dropFirst() { command.append(word) }
            _ = try await connection.send(RedisPipeline(command))[0].checked()
            let error = await #expect(throws: LedgerError.self) { try await all(connection) }
            guard case .corrupt(let record) = error else {
                Issue.record("\(error as Any)")
                return
            }
            #expect(record.place.hasPrefix("{s0}:stopped"))
        }
    }

    private func all(_ connection: RedisConnection) async throws(LedgerError) -> [StoppedPartition] {
        try await StoppedPartitions.all(over: connection, keys: keys)
    }

    private func note(_ connection: RedisConnection, _ partition: TopicPartition, _ text: String, at: Int64)
        async throws
    {
        try await StoppedPartitions.note(partition, text, at: at, over: connection, keys: keys)
    }
}
