import Concurrency
import Foundation
import Kafka
import Ledger
import LocalServers
import Log
import Redis
import SalesRules
import TestSupport
import Testing

@Suite("Compacted topics", .timeLimit(.minutes(5)))
struct CompactionTests {
    private static let tenant = Identifier("default")!
    private static let orders = "compacted.orders"
    private static let people = "compacted.people"
    private static let setting = ["SALESTARGETS_TOPIC_ORDERS": orders, "SALESTARGETS_TOPIC_PEOPLE": people]

    @Test("An order that was saved and deleted is no difference after compaction")
    func deleted() async throws {
        try await check(
            Self.orders,
            [
                ("default/D", #"{"type":"order.saved","id":"D","owner":"u-1","total":"5.00","date":"2026-03-14"}"#),
                ("default/D", #"{"type":"order.deleted","id":"D"}"#),
            ]
        ) { connection, _ in
            let order = try await entry("D", connection)
            #expect(order.isDeleted)
        }
    }

    @Test("A person's name stays when their preference was saved later under the same key")
    func sharedKey() async throws {
        try await check(
            Self.people,
            [
                ("default/u-1", #"{"type":"salesperson.saved","id":"u-1","name":"Jan de Vries"}"#),
                ("default/u-1", #"{"type":"preference.saved","id":"u-1","widget":{"year":2026}}"#),
            ]
        ) { _, reader in
            let person = Identifier("u-1")!
            let people = try await reader.people([person], of: Self.tenant)
            let preference = try await reader.preference(of: TenantScoped(tenant: Self.tenant, id: person))
            #expect(people[person]?.name == "Jan de Vries")
            #expect(preference.value?.year == 2_026)
        }
    }

    @Test("A late lower version does not win, neither over a save nor over a deletion")
    func lateVersion() async throws {
        func order(_ id: String, _ total: String, _ version: Int) -> String {
            #"{"type":"order.saved","id":"\#(id)","owner":"u-1","total":"\#(total)","date":"2026-03-14","version":\#(version)}"#
        }
        try await check(
            Self.orders,
            [
                ("default/C2", order("C2", "700.00", 7)), ("default/C2", order("C2", "600.00", 6)),
                ("default/C3", order("C3", "30.00", 1)),
                ("default/C3", #"{"type":"order.deleted","id":"C3","version":9}"#),
                ("default/C3", order("C3", "30.00", 2)),
            ]
        ) { connection, _ in
            let kept = try await entry("C2", connection)
            #expect(try kept.order?.total == Decimal("700.00"))
            let deleted = try await entry("C3", connection)
            #expect(deleted.isDeleted)
        }
    }

    @Test("Listed allocations stay when a later save does not list them, and when the order is deleted")
    func keptAllocations() async throws {
        func order(_ id: String, _ version: Int, _ more: String = "") -> String {
            #"{"type":"order.saved","id":"\#(id)","owner":"u-1","total":"10.00","date":"2026-03-14","version":\#(version)\#(more)}"#
        }
        let listed = #","allocations":[{"id":"A-1","salesperson":"u-2"}]"#
        try await check(
            Self.orders,
            [
                ("default/K1", order("K1", 1, listed)), ("default/K1", order("K1", 2)),
                ("default/K2", order("K2", 1, listed)),
                ("default/K2", #"{"type":"order.deleted","id":"K2","version":2}"#),
            ]
        ) { connection, _ in
            for id in ["K1", "K2"] {
                let entry = try await entry(id, connection)
                #expect(entry.listed.map(\.salesperson.rawValue) == ["u-2"], "\(id)")
            }
        }
    }

    @Test("The state before a record that became a dead letter stays")
    func deadLetter() async throws {
        try await check(
            Self.orders,
            [
                (
                    "default/L1",
                    #"{"type":"order.saved","id":"L1","owner":"u-1","total":"10.00","date":"2026-03-14","version":1}"#
                ), ("default/L1", #"{"type":"order.saved","id":"L1","owner":"u-1","total":"","version":2}"#),
            ]
        ) { connection, _ in
            let entry = try await entry("L1", connection)
            #expect(try entry.order?.total == Decimal("10.00"))
        }
    }

    /// What is known of an order, also of a deleted one.
    private func entry(_ id: String, _ connection: RedisConnection) async throws -> OrderEntry {
        let order = TenantScoped(tenant: Self.tenant, id: Identifier(id)!)
        let settings = LedgerSettings(rules: Rules(), shards: 1)
        let key = settings.keys.entry(order, shard: 0)
        let bytes = try #require(try await connection.one(RedisCommand("GET", key)).optionalBytes(key))
        return try EntryCodec.decode(bytes[...], id: order.id, reporting: settings.rules.currency)
    }

    /// Applies the records, lets the broker compact the topic, and expects the same before and after a rebuild, with
    /// nothing found by `verify`.
    private func check(
        _ topic: String,
        _ records: [(key: String, value: String)],
        _ expectations: (RedisConnection, LedgerReader) async throws -> Void
    ) async throws {
        let system = try await System(partitions: 1)
        do {
            try await createTopics(system)
            try await publish(records, to: topic, system)
            // The first writes what is owed, and the second reads it.
            for _ in 0..<2 { try run(["worker", "--until-caught-up"], system) }
            try await compact(topic, records.map(\.key), system)
            try run(["worker", "--until-caught-up"], system)
            let connection = try await RedisConnection.connect(to: RedisEndpoint(url: system.redis.url))
            defer { connection.closeNow() }
            for command in [["verify"], ["rebuild", "--yes"], ["verify"]] {
                try run(command, system)
                try await expectations(connection, LedgerReader(link: connection, settings: system.settings))
            }
            let left = try await connection.one(RedisCommand("KEYS", "{s0}:owed:*")).requireArray()
            #expect(left.isEmpty, "\(left)")
        } catch {
            Issue.record("\(error)\n\(system.log("run.log").suffix(3_000))")
        }
        await system.end()
    }

    private func run(_ arguments: [String], _ system: System) throws {
        let process = try system.start(arguments, log: "run.log", environment: Self.setting)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(arguments): \(system.log("run.log").suffix(2_000))")
    }

    private func createTopics(_ system: System) async throws {
        let kafka = system.kafka
        try await BlockingThread.run("create topics") {
            let topics = [Self.orders, Self.people].map {
                KafkaAdmin.NewTopic(
                    name: $0,
                    partitions: 1,
                    configuration: [
                        "cleanup.policy": "compact", "segment.ms": "100", "min.cleanable.dirty.ratio": "0.001",
                    ]
                )
            }
            let results = try KafkaAdmin(kafka).createTopics(topics, timeoutMilliseconds: 10_000)
            #expect(results.values.allSatisfy { $0 == nil })
        }
    }

    private func publish(_ records: [(key: String, value: String)], to topic: String, _ system: System) async throws {
        try await system.publish(
            records.map { ProducerRecord(topic: topic, key: Array($0.key.utf8), value: Array($0.value.utf8)) }
        )
    }

    /// Writes other records until the broker has only one record of each of these keys.
    private func compact(_ topic: String, _ keys: [String], _ system: System) async throws {
        let deadline = ContinuousClock.now + .seconds(90)
        var number = 0
        while true {
            let value =
                topic == Self.people
                ? #"{"type":"salesperson.saved","id":"f\#(number)","name":"x"}"#
                : #"{"type":"order.saved","id":"F\#(number)","owner":"u-1","total":"1.00","date":"2026-03-14"}"#
            try await publish([("default/\(topic == Self.people ? "f" : "F")\(number)", value)], to: topic, system)
            number += 1
            let found = try await system.records(of: topic).compactMap {
                $0.key.map { String(decoding: $0, as: UTF8.self) }
            }
            if Set(keys).allSatisfy({ key in found.count { $0 == key } == 1 }) { return }
            try #require(ContinuousClock.now < deadline, "the broker did not compact \(topic) in time: \(found)")
            // Segments end by time.
            try await Task.sleep(for: .milliseconds(150))
        }
    }
}
