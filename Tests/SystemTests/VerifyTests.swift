import Events
import Foundation
import Kafka
import Ledger
import LocalServers
import Log
import Model
import Operations
import Redis
import SalesRules
import Testing
import Worker

@Suite("Verify works out every number again from the log or from the entries, and reports what differs", .serialized)
struct VerifyTests {
    @Test("Nothing differs under live traffic while workers are killed and started again", .timeLimit(.minutes(10)))
    func liveTraffic() async throws {
        let system = try await System(rules: Rules(ownerCredit: .remainder), shards: 2)
        var workers = [try system.startWorker(0), try system.startWorker(1)]
        defer { for worker in workers { kill(worker.processIdentifier, SIGKILL) } }
        let history = History(seed: .random(in: 1...1_000_000), events: 24_000, orders: 1_500)
        let messages = history.map { system.message(for: $0) }
        for part in 0..<6 {
            try await system.publish(Array(messages[part * 4_000..<(part + 1) * 4_000]))
            let source: Verifier.Source = part % 2 == 0 ? .log : .entries
            let (summary, differences) = try await system.verify(source)
            #expect(differences.isEmpty, "seed \(history.seed), \(source)\n\(differences.prefix(20))")
            #expect(summary.differences == differences.count)
            if part == 2 {
                kill(workers[0].processIdentifier, SIGKILL)
                workers[0].waitUntilExit()
                workers[0] = try system.startWorker(0)
            }
        }
        try await system.waitUntilApplied()
        let (summary, differences) = try await system.verify(.log)
        #expect(differences.isEmpty, "seed \(history.seed)\n\(differences.prefix(20))")
        // The workers write some states once more.
        #expect(summary.records >= messages.count)
        #expect(summary.unsettled.isEmpty)
        await system.end()
    }

    @Test("Each kind of damage is reported with the orders that it concerns", .timeLimit(.minutes(10)))
    func damage() async throws {
        let system = try await System()
        try await system.publish(VerifyFixture.events.map { system.message(for: $0) })
        let worker = try system.start(["worker", "--until-caught-up"], log: "worker.log")
        worker.waitUntilExit()
        #expect(worker.terminationStatus == 0, "\(system.log("worker.log"))")
        let connection = try await RedisConnection.connect(to: RedisEndpoint(url: system.redis.url))
        for damage in try await VerifyFixture.damages(connection, system.settings) {
            let before = try await connection.one(RedisCommand("DUMP", damage.key))
            _ = try await connection.one(damage.command).checked()
            let (_, differences) = try await system.verify(.log)
            let found = differences.filter { $0.kind == damage.kind && $0.problem.contains(damage.problem) }
            #expect(!found.isEmpty, "\(damage.name): \(differences)")
            #expect(found.first.map { Set($0.orders.map(\.id.rawValue)) } == damage.orders, "\(damage.name): \(found)")
            if damage.isAlone { #expect(differences.count == 1, "\(damage.name): \(differences)") }
            if !damage.needsLog {
                let (_, again) = try await system.verify(.entries)
                #expect(again.contains { $0.kind == damage.kind }, "\(damage.name), from entries: \(again)")
            }
            _ = try await connection.one(RedisCommand("DEL", damage.key)).checked()
            if case .bytes(let dump) = before {
                var restore = RedisCommand("RESTORE", damage.key, "0")
                restore.append(dump)
                _ = try await connection.one(restore).checked()
            }
        }
        #expect(try await system.verify(.log).differences.isEmpty)

        let command = try system.start(["verify"], log: "healthy.log")
        command.waitUntilExit()
        #expect(command.terminationStatus == 0 && system.log("healthy.log").contains("nothing differs"))
        _ = try await connection.one(RedisCommand("HDEL", VerifyFixture.index("u-1"), "SO-1")).checked()
        let failing = try system.start(["verify", "--json"], log: "damaged.log")
        failing.waitUntilExit()
        #expect(failing.terminationStatus == 1)
        let json = try JSONSerialization.jsonObject(with: Data(system.log("damaged.log").utf8)) as? [String: Any]
        let first = (json?["differences"] as? [[String: Any]])?.first
        #expect(first?["kind"] as? String == "index" && first?["orderCount"] as? Int == 1)

        _ = try await connection.one(RedisCommand("SET", "{s0}:x:\u{1b}[2J\n\u{9b}1m", "1")).checked()
        for arguments in [["verify"], ["verify", "--json"]] {
            let hostile = try system.start(arguments, log: "hostile.log")
            hostile.waitUntilExit()
        }
        let shown = system.log("hostile.log")
        #expect(shown.contains(#"{s0}:x:\u001b[2J\u000a\u009b1m"#) && shown.contains(#"\n\u009b1m"#))
        #expect(!shown.unicodeScalars.contains { $0 == "\u{1b}" || $0 == "\u{9b}" })
        connection.closeNow()
        await system.end()
    }

    @Test("Events that a cursor skipped are reported with their orders and their offsets in the log")
    func cursorMovedAhead() async throws {
        let system = try await System(partitions: 1)
        try await system.publish(VerifyFixture.events.map { system.message(for: $0) })
        let worker = try system.start(["worker", "--until-caught-up"], log: "worker.log")
        worker.waitUntilExit()
        try await system.publish([system.message(for: VerifyFixture.order("SO-9", owner: "u-1", 7_00))])
        let connection = try await RedisConnection.connect(to: RedisEndpoint(url: system.redis.url))
        let partition = TopicPartition(topic: system.topics.orders, partition: 0)
        let end = try #require(
            try await LogEnds.watermarks(of: system.topics, in: KafkaBackend(system.kafka)).mapValues(\.high)[partition]
        )
        #expect(try await system.verify(.log).differences.isEmpty, "a record that is not yet applied is no difference")
        let key = system.settings.keys.cursor(partition, shard: 0)
        _ = try await connection.one(RedisCommand("SET", key, "\(end) - \(end - 1) 1")).checked()
        let (_, differences) = try await system.verify(.log)
        let entry = differences.first { $0.kind == .entry }
        #expect(entry?.orders.map(\.id.rawValue) == ["SO-9"])
        #expect(entry?.problem.contains("sales.orders[0] offset \(end - 1)") == true)
        #expect(differences.contains { $0.kind == .day && $0.problem.contains("2026-03-14") })
        #expect(differences.contains { $0.kind == .cursor && $0.problem.contains("not the one that was applied") })
        _ = try await connection.one(RedisCommand("SET", key, "\(end + 5) - \(end + 4) 1")).checked()
        let beyond = try await system.verify(.log).differences
        #expect(beyond.contains { $0.kind == .cursor && $0.problem.contains("the log ends at \(end)") })
        connection.closeNow()
        await system.end()
    }
}
