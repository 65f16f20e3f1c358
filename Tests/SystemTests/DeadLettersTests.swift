import Events
import Foundation
import Kafka
import Ledger
import LocalServers
import Log
import Operations
import Redis
import SalesRules
import TestSupport
import Testing
import Worker

@Suite("The dead-letters command lists, shows and replays records", .serialized)
struct DeadLettersTests {
    @Test("The deletion of an allocation that the order cannot remember is a dead letter", .timeLimit(.minutes(2)))
    func deletionBeyondBound() async throws {
        let system = try await System(partitions: 1)
        defer { Task { await system.end() } }
        func deleted(_ id: String) -> ProducerRecord {
            ProducerRecord(
                topic: system.topics.allocations,
                key: Array("default/SO-1/\(id)".utf8),
                value: Array(#"{"type":"allocation.deleted","id":"\#(id)","order":"SO-1"}"#.utf8)
            )
        }
        let listed = #"[{"id":"A-10000","salesperson":"u-2","percent":"40"}]"#
        let order =
            #"{"type":"order.saved","id":"SO-1","owner":"u-1","total":"100.00","date":"2026-03-14","#
            + #""allocations":\#(listed)}"#
        try await system.publish(
            [.init(topic: system.topics.orders, key: Array("default/SO-1".utf8), value: Array(order.utf8))]
                + (1...1_000).map { deleted("D-\($0)") }
        )
        try run(system, ["worker", "--until-caught-up", "--lanes", "1"])
        try await system.publish([deleted("A-10000")])
        try run(system, ["worker", "--until-caught-up", "--lanes", "1"])
        let letters = try await DeadLetters(log: KafkaBackend(system.kafka), topics: system.topics).list(.init())
        #expect(letters.map(\.key) == [Array("default/SO-1/A-10000".utf8)])
        #expect(letters.first?.reason.contains("A-10000 is not remembered") == true, "\(letters)")
        #expect(try await results(system, "u-2") == [40_00, 1])
        #expect(try await system.verify(.log).differences.isEmpty)
    }

    @Test("A replayed record keeps key, value and headers, is applied once, and is marked when it is refused again")
    func replay() async throws {
        let system = try await System(partitions: 2)
        defer { Task { await system.end() } }
        func allocation(_ number: Int, deleted: Bool = false) -> ProducerRecord {
            let type = deleted ? "allocation.deleted" : "allocation.saved"
            let who = deleted ? "" : #","salesperson":"u-\#(number)""#
            return ProducerRecord(
                topic: system.topics.allocations,
                partition: 0,
                key: Array("default/SO-1/A-\(number)".utf8),
                value: Array(#"{"type":"\#(type)","id":"A-\#(number)","order":"SO-1"\#(who)}"#.utf8),
                headers: [RecordHeader(name: "trace", value: Array("t-\(number)".utf8))]
            )
        }
        let order = #"{"type":"order.saved","id":"SO-1","version":1,"owner":"u-0","total":"10.00","date":"2026-03-14"}"#
        let bad: [UInt8] = [0x7b, 0xff, 0x00]
        try await system.publish(
            [
                .init(topic: system.topics.orders, key: Array("default/SO-1".utf8), value: Array(order.utf8)),
                .init(topic: system.topics.orders, key: Array("bad".utf8), value: bad),
            ] + (1...101).map { allocation($0) }
        )
        try run(system, ["worker", "--until-caught-up", "--lanes", "1"])
        let letters = DeadLetters(log: KafkaBackend(system.kafka), topics: system.topics)
        #expect(try await letters.list(.init()).count == 2)
        var filter = DeadLetters.Filter()
        filter.reason = "maximum of 100 ALLOCATIONS"
        filter.topic = system.topics.allocations
        let refused = try await letters.list(filter)
        #expect(refused.map(\.key) == [Array("default/SO-1/A-101".utf8)])

        // It was applied all the same, and counts as soon as there is room.
        #expect(try await results(system, "u-101") == [0, 0])
        try await system.publish([allocation(1, deleted: true)])
        try run(system, ["worker", "--until-caught-up", "--lanes", "1"])
        #expect(try await results(system, "u-101") == [10_00, 1])
        let output = try run(system, ["dead-letters", "replay", "--yes", "--reason", "maximum of 100 allocations"])
        #expect(output.contains("1 replayed, 0 skipped"), "\(output)")
        let last = try await system.records(of: system.topics.allocations).last
        #expect(last?.key == Array("default/SO-1/A-101".utf8) && last?.value == allocation(101).value)
        #expect(last?.headers.map(\.name) == ["trace", "dead-letter-origin"])
        #expect(last?.header("dead-letter-origin") == refused.first?.origin?.description)
        try run(system, ["worker", "--until-caught-up", "--lanes", "1"])
        #expect(try await results(system, "u-101") == [10_00, 1])

        // A second replay is skipped unless `--again` is given, and even then the record counts once.
        #expect(
            try run(system, ["dead-letters", "replay", "--yes", "--topic", system.topics.allocations]).contains(
                "0 replayed, 1"
            )
        )
        #expect(
            try run(system, ["dead-letters", "replay", "--yes", "--again", "--topic", system.topics.allocations])
                .contains("1 replayed, 0")
        )
        try run(system, ["worker", "--until-caught-up", "--lanes", "1"])
        #expect(try await results(system, "u-101") == [10_00, 1])
        #expect(try await system.verify(.log).differences.isEmpty)

        // A record that cannot be read is refused again, and keeps its first origin.
        let before = try await letters.list(.init()).first { $0.topic == system.topics.orders }
        try run(system, ["dead-letters", "replay", "--yes", "--topic", system.topics.orders])
        try run(system, ["worker", "--until-caught-up", "--lanes", "1"])
        let after = try await letters.list(.init()).filter { $0.topic == system.topics.orders }
        #expect(after.count == 2 && after.allSatisfy { $0.origin == before?.origin && $0.isReplayed })
        #expect(after.last?.isRefusedAgain == true && after.first?.isRefusedAgain == false)
        let place = after.map { "\($0.partition):\($0.offset)" }.first ?? ""
        #expect(try run(system, ["dead-letters", "show", place]).contains("0x7bff00"))
        #expect(try run(system, ["dead-letters", "show", "0:99999"], status: 1).contains("no dead letter"))
        _ = try run(system, ["dead-letters", "show", "x"], status: 2)
        let json = try run(system, ["dead-letters", "list", "--json", "--limit", "1"])
        let list = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: [[String: Any]]]
        #expect(list?["deadLetters"]?.first?["refusedAgain"] as? Bool == true)
    }

    @discardableResult
    private func run(_ system: System, _ arguments: [String], status: Int32 = 0) throws -> String {
        let log = "\(UUID().uuidString).log"
        let process = try system.start(arguments, log: log)
        process.waitUntilExit()
        #expect(process.terminationStatus == status, "\(arguments): \(system.log(log))")
        return system.log(log)
    }

    private func results(_ system: System, _ person: String) async throws -> [Int64] {
        let client = RedisClient(try RedisEndpoint(url: system.redis.url))
        let reader = LedgerReader(link: client, settings: system.settings)
        var results: [Int64] = []
        for measure in [Measure.revenue, .orders] {
            let year = try await reader.year(
                2026,
                of: Identifier(person),
                tenant: Identifier("default")!,
                measure: measure
            )
            results.append(year.results[2])
        }
        await client.shutdown()
        return results
    }
}
