import Events
import Foundation
import Kafka
import Ledger
import LocalServers
import Log
import Redis
import SalesRules
import Testing
import Worker

@Suite("Status reports the lag and every problem", .serialized)
struct StatusTests {
    @Test("A healthy system has no problems; each problem is one sentence, and makes the exit code 1")
    func problems() async throws {
        let system = try await System(partitions: 2)
        func order(_ number: Int) -> ProducerRecord {
            let value = #"{"type":"order.saved","id":"SO-\#(number)","owner":"u-1","total":"1.00","date":"2026-03-14"}"#
            return ProducerRecord(
                topic: system.topics.orders,
                partition: 0,
                key: Array("default/SO-\(number)".utf8),
                value: Array(value.utf8)
            )
        }
        try await system.publish((1...10).map(order))
        let waiting = try status(system, code: 1)
        #expect(waiting.lag == 10 && waiting.problems.contains { $0.contains("start `salestargets worker`") })
        let worker = try system.start(["worker", "--until-caught-up"], log: "worker.log")
        worker.waitUntilExit()
        let healthy = try status(system, code: 0)
        #expect(healthy.lag == 0 && healthy.problems.isEmpty, "\(healthy)")

        let connection = try await RedisConnection.connect(to: RedisEndpoint(url: system.redis.url))
        for (command, undo) in [
            (["CONFIG", "SET", "maxmemory", "1gb"], ["CONFIG", "SET", "maxmemory", "0"]),
            (
                ["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"],
                ["CONFIG", "SET", "maxmemory-policy", "noeviction"]
            ),
        ] {
            _ = try await send(connection, command)
            let isEvicting = command[2] == "maxmemory-policy"
            if !isEvicting { continue }
            #expect(
                try status(system, code: 1).problems.first?.contains("set maxmemory-policy to noeviction") == true
            )
            _ = try await send(connection, undo)
        }
        #expect(try status(system, code: 1, ["--currency", "USD"]).problems.contains { $0.contains("other settings") })
        let key = system.settings.keys.cursor(TopicPartition(topic: system.topics.orders, partition: 0), shard: 0)
        let cursor = try await connection.one(RedisCommand("GET", key)).requireString()
        _ = try await send(connection, ["SET", key, "10 - 9 1"])
        #expect(try status(system, code: 1).problems.contains { $0.contains("is not the one that was applied") })
        _ = try await send(connection, ["SET", key, "30 - 29 1"])
        #expect(
            try status(system, code: 1).problems.contains { $0.contains("sales.orders[0]: the log ends at offset 10") }
        )
        // A worker's note of the same problem is reported only when status does not find the problem itself.
        let partition = TopicPartition(topic: system.topics.orders, partition: 0)
        let keys = system.settings.keys
        try await StoppedPartitions.note(partition, "its log was cut: run rebuild", at: 1, over: connection, keys: keys)
        let once = try status(system, code: 1).problems.filter { $0.contains("sales.orders[0]") }
        #expect(once.count == 1 && once.first?.contains("ends at offset 10") == true)
        _ = try await send(connection, ["SET", key, cursor])
        #expect(try status(system, code: 1).problems == ["sales.orders[0] is stopped: its log was cut: run rebuild"])
        try await StoppedPartitions.clear([partition], over: connection, keys: keys)
        #expect(try status(system, code: 0).problems.isEmpty)
        connection.closeNow()
        await system.end()
    }

    @Test("Problems in the answer to INFO become sentences")
    func redis() {
        func problems(_ fields: [String: String]) -> [String] {
            RedisInfo(["role": "master", "maxmemory_policy": "noeviction"].merging(fields) { $1 }).problems
        }
        #expect(problems([:]).isEmpty)
        #expect(problems(["role": "slave"]).first?.contains("a replica") == true)
        #expect(problems(["maxmemory": "100", "used_memory": "95"]).first?.contains("95 %") == true)
        #expect(problems(["rdb_last_bgsave_status": "err"]).first?.contains("snapshot") == true)
        #expect(problems(["aof_enabled": "1", "aof_last_write_status": "err"]).first?.contains("append-only") == true)
        let unsaved = RedisInfo(["rdb_last_save_time": "0", "rdb_changes_since_last_save": "1"])
        #expect(unsaved.notes(now: 7_300).contains { $0.contains("for 2 h") })
    }

    private struct Report: Decodable {
        let lag: Int
        let problems: [String]
    }

    private func status(_ system: System, code: Int32, _ more: [String] = []) throws -> Report {
        let log = "\(UUID().uuidString).log"
        let process = try system.start(["status", "--json"] + more, log: log)
        process.waitUntilExit()
        #expect(process.terminationStatus == code, "\(system.log(log))")
        return try JSONDecoder().decode(Report.self, from: Data(system.log(log).utf8))
    }

    private func send(_ connection: RedisConnection, _ words: [String]) async throws -> RedisValue {
        var command = RedisCommand(words[0])
        for word in words.dropFirst() { command.append(word) }
        return try await connection.one(command).checked()
    }
}
