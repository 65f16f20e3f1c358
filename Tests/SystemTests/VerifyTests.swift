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
import Synchronization
import Testing
import Worker

@Suite("Verify: every number is worked out anew and compared", .serialized)
struct VerifyTests {
    @Test("Under live traffic, with workers killed on the way, nothing differs", .timeLimit(.minutes(10)))
    func liveTraffic() async throws {
        let system = try await System(rules: Rules(ownerCredit: .remainder), shards: 2)
        var workers = [try system.startWorker(0), try system.startWorker(1)]
        defer { for worker in workers { kill(worker.processIdentifier, SIGKILL) } }
        let history = History(seed: .random(in: 1...1_000_000), events: 24_000, orders: 1_500)
        let messages = history.map { system.message(for: $0) }
        for piece in 0..<6 {
            try await system.publish(Array(messages[piece * 4_000..<(piece + 1) * 4_000]))
            let source: Verifier.Source = piece % 2 == 0 ? .log : .entries
            let (summary, differences) = try await system.verify(source)
            #expect(differences.isEmpty, "seed \(history.seed), \(source)\n\(differences.prefix(20))")
            #expect(summary.differences == differences.count)
            if piece == 2 {
                kill(workers[0].processIdentifier, SIGKILL)
                workers[0].waitUntilExit()
                workers[0] = try system.startWorker(0)
            }
        }
        try await system.waitUntilApplied(seconds: 300)
        let (summary, differences) = try await system.verify(.log)
        #expect(differences.isEmpty, "seed \(history.seed)\n\(differences.prefix(20))")
        #expect(summary.records == messages.count)
        #expect(summary.unsettled.isEmpty)
        await system.end()
    }

    @Test("Each kind of damage is found and named, with the orders behind it", .timeLimit(.minutes(10)))
    func damage() async throws {
        let system = try await System()
        try await system.publish(Self.events.map { system.message(for: $0) })
        let worker = try system.start(["worker", "--until-caught-up"], log: "worker.log")
        worker.waitUntilExit()
        #expect(worker.terminationStatus == 0, "\(system.log("worker.log"))")
        let connection = try await RedisConnection.connect(to: RedisEndpoint(url: system.redis.url))
        for damage in try await Self.damages(connection, system.settings) {
            let before = try await connection.one(RedisCommand("DUMP", damage.key))
            for command in damage.commands { _ = try await connection.one(command).checked() }
            let (_, differences) = try await system.verify(.log)
            let found = differences.filter { $0.kind == damage.kind && $0.problem.contains(damage.problem) }
            #expect(!found.isEmpty, "\(damage.name): \(differences)")
            #expect(found.first.map { Set($0.orders.map(\.id.rawValue)) } == damage.orders, "\(damage.name): \(found)")
            if damage.isAlone { #expect(differences.count == 1, "\(damage.name): \(differences)") }
            // Taken as they are, entries and targets are right by definition.
            if damage.kind != .entry, damage.kind != .target, damage.key != Self.entry("GHOST") {
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
        _ = try await connection.one(RedisCommand("HDEL", Self.index("u-1"), "SO-1")).checked()
        let failing = try system.start(["verify", "--json"], log: "damaged.log")
        failing.waitUntilExit()
        #expect(failing.terminationStatus == 1)
        let json = try JSONSerialization.jsonObject(with: Data(system.log("damaged.log").utf8)) as? [String: Any]
        let first = (json?["differences"] as? [[String: Any]])?.first
        #expect(first?["kind"] as? String == "index" && first?["orderCount"] as? Int == 1)
        connection.closeNow()
        await system.end()
    }

    @Test("Events that a cursor passed over are found: their orders, and where the log has them")
    func cursorMovedAhead() async throws {
        let system = try await System(partitions: 1)
        try await system.publish(Self.events.map { system.message(for: $0) })
        let worker = try system.start(["worker", "--until-caught-up"], log: "worker.log")
        worker.waitUntilExit()
        try await system.publish([system.message(for: Self.order("SO-9", owner: "u-1", 7_00))])
        let connection = try await RedisConnection.connect(to: RedisEndpoint(url: system.redis.url))
        let partition = TopicPartition(topic: system.topics.orders, partition: 0)
        let end = try #require(
            try await LogEnds.watermarks(of: system.topics, in: KafkaBackend(system.kafka)).mapValues(\.high)[partition]
        )
        #expect(try await system.verify(.log).differences.isEmpty, "what is not applied yet is no difference")
        let key = system.settings.keys.cursor(partition, shard: 0)
        _ = try await connection.one(RedisCommand("SET", key, "\(end) \(end - 1) 1")).checked()
        let (_, differences) = try await system.verify(.log)
        let entry = differences.first { $0.kind == .entry }
        #expect(entry?.orders.map(\.id.rawValue) == ["SO-9"])
        #expect(entry?.problem.contains("sales.orders[0] offset \(end - 1)") == true)
        #expect(differences.contains { $0.kind == .day && $0.problem.contains("2026-03-14") })
        #expect(differences.contains { $0.kind == .cursor && $0.problem.contains("not the one that was applied") })
        _ = try await connection.one(RedisCommand("SET", key, "\(end + 5) \(end + 4) 1")).checked()
        let beyond = try await system.verify(.log).differences
        #expect(beyond.contains { $0.kind == .cursor && $0.problem.contains("the log ends at \(end)") })
        connection.closeNow()
        await system.end()
    }

    // MARK: The scene

    private static let tenant = Identifier("default")!

    private static func order(
        _ id: String,
        owner: String,
        _ cents: Int64,
        split: String? = nil,
        day: String = "2026-03-14"
    ) -> Event {
        let listed = split.map { person in
            [
                Allocation(
                    id: Identifier("A-1")!,
                    salesperson: Identifier(person)!,
                    limit: .percent(Percent(tenThousandths: 500_000)!)
                )
            ]
        }
        return Event(
            tenant: tenant,
            .order(
                Identifier(id)!,
                .saved(
                    Order(
                        id: Identifier(id)!,
                        owner: Identifier(owner)!,
                        total: cents,
                        currency: .euro,
                        date: Day(day)!
                    ),
                    listed: listed,
                    version: 1
                )
            )
        )
    }

    private static let events: [Event] = [
        Event(
            tenant: tenant,
            .target(
                Identifier("T-1")!,
                .saved(
                    Target(
                        id: Identifier("T-1")!,
                        measure: .revenue,
                        goal: 1_000_00,
                        period: Period(start: Day("2026-01-01")!, end: Day("2026-12-31")!)!,
                        assignees: [Identifier("u-1")!, Identifier("u-2")!]
                    )!
                )
            )
        ),
        order("SO-1", owner: "u-1", 100_00),
        order("SO-2", owner: "u-1", 50_00, split: "u-2"),
        order("SO-3", owner: "u-2", 10_00, day: "2026-03-15"),
        // Names the owner, and so changes no number.
        Event(
            tenant: tenant,
            .order(
                Identifier("SO-3")!,
                .allocationSaved(
                    Allocation(id: Identifier("A-9")!, salesperson: Identifier("u-2")!, limit: .whole),
                    version: 1
                )
            )
        ),
    ]

    private static let allocation = KeySpace()
        .allocation(TenantScoped(tenant: tenant, id: Identifier("A-9")!), shard: 0)

    private struct Damage {
        let name: String
        let key: String
        let commands: [RedisCommand]
        let kind: Difference.Kind
        let problem: String
        let orders: Set<String>
        var isAlone = true
    }

    private static func index(_ person: String, _ day: String = "2026-03-14") -> String {
        KeySpace().index(tenant: tenant, person: Identifier(person)!, day: Day(day)!, shard: 0)
    }

    private static func days(_ person: String?) -> String {
        KeySpace().days(DaysKey(tenant: tenant, person: person.flatMap { Identifier($0) }, year: 2026), shard: 0)
    }

    private static func entry(_ order: String) -> String {
        KeySpace().entry(TenantScoped(tenant: tenant, id: Identifier(order)!), shard: 0)
    }

    private static func damages(_ connection: RedisConnection, _ settings: LedgerSettings) async throws -> [Damage] {
        let bits = String(Day("2026-03-14")!.ordinal * PackedTallies.stride * 8)
        let count = String(Day("2026-03-14")!.ordinal * PackedTallies.stride * 8 + 64)
        let id = Identifier("SO-1")!
        var changed = try EntryCodec.decode(
            try await connection.one(RedisCommand("GET", entry("SO-1"))).requireBytes(),
            id: id,
            reporting: .euro
        )
        changed.order?.total = 999
        var setChanged = RedisCommand("SET", entry("SO-1"))
        setChanged.append(EntryCodec.encode(changed, reporting: .euro))
        var ghost = RedisCommand("SET", entry("GHOST"))
        ghost.append(EntryCodec.encode(changed, reporting: .euro))
        let old = try CatalogRecord.decode(
            try await connection.one(RedisCommand("HGET", settings.keys.targets, "default/T-1")).requireBytes(),
            id: Identifier("T-1")!
        )
        let overlap = settings.keys.overlap(
            TenantScoped(tenant: tenant, id: Identifier("T-1")!),
            revision: old.countsFrom,
            shard: 0
        )
        var deleted = old
        deleted.target = nil
        var setDeleted = RedisCommand("HSET", settings.keys.targets, "default/T-1")
        setDeleted.append(deleted.encode())
        func one(
            _ name: String,
            _ key: String,
            _ command: RedisCommand,
            _ kind: Difference.Kind,
            _ problem: String,
            _ orders: Set<String>,
            alone: Bool = true
        ) -> Damage {
            Damage(
                name: name,
                key: key,
                commands: [command],
                kind: kind,
                problem: problem,
                orders: orders,
                isAlone: alone
            )
        }
        func raise(_ key: String, _ type: String, _ offset: String) -> RedisCommand {
            RedisCommand("BITFIELD", key, "INCRBY", type, offset, "1")
        }
        return [
            one(
                "a tally a cent too high",
                days("u-1"),
                raise(days("u-1"), "i64", bits),
                .day,
                "150.01 EUR, 2 orders, and its orders come to 150.00 EUR, 2 orders",
                ["SO-1", "SO-2"]
            ),
            one(
                "a tally of an order too many",
                days("u-2"),
                raise(days("u-2"), "i32", count),
                .day,
                "2 orders",
                ["SO-2"]
            ),
            one("everyone's tally", days(nil), raise(days(nil), "i64", bits), .day, "default/*", ["SO-1", "SO-2"]),
            one("a tally on an empty day", days("u-1"), raise(days("u-1"), "i64", "0"), .foreign, "2026-01-01", []),
            one(
                "a tally of nobody",
                days("u-9"),
                raise(days("u-9"), "i64", bits),
                .foreign,
                "no order counts there",
                []
            ),
            one(
                "an order missing in the index of its own allocation",
                allocation,
                RedisCommand("DEL", allocation),
                .index,
                "SO-3 is missing",
                ["SO-3"]
            ),
            one(
                "an order too many in the index of an allocation",
                allocation,
                RedisCommand("SADD", allocation, "SO-1"),
                .foreign,
                "order SO-1 has no allocation A-9",
                []
            ),
            one(
                "an entry changed",
                entry("SO-1"),
                setChanged,
                .entry,
                "total in minor units is 999, not 10000",
                ["SO-1"]
            ),
            one(
                "an entry gone",
                entry("SO-3"),
                RedisCommand("DEL", entry("SO-3")),
                .entry,
                "there is no entry",
                ["SO-3"]
            ),
            one(
                "an entry that cannot be read",
                entry("SO-3"),
                RedisCommand("SET", entry("SO-3"), "x"),
                .entry,
                "cannot be read",
                ["SO-3"]
            ),
            one("an entry of no order", entry("GHOST"), ghost, .foreign, "the log has not", ["GHOST"]),
            one(
                "an order missing in a list",
                index("u-1"),
                RedisCommand("HDEL", index("u-1"), "SO-1"),
                .index,
                "lacks 1",
                ["SO-1"]
            ),
            one(
                "an order too many in a list",
                index("u-1"),
                RedisCommand("HSET", index("u-1"), "SO-3", "1"),
                .index,
                "too many",
                ["SO-3"]
            ),
            one(
                "an order wrongly marked",
                index("u-1"),
                RedisCommand("HSET", index("u-1"), "SO-2", "1"),
                .index,
                "marks 1",
                ["SO-2"]
            ),
            one(
                "a list of nobody",
                index("u-9"),
                RedisCommand("HSET", index("u-9"), "SO-2", "1"),
                .foreign,
                "none counts",
                ["SO-2"]
            ),
            one(
                "a list of another type",
                index("u-2"),
                RedisCommand("SET", index("u-2"), "1"),
                .index,
                "another type",
                ["SO-2"]
            ),
            one("an overlap", overlap, raise(overlap, "i64", "0"), .overlap, "T-1", ["SO-2"]),
            one(
                "an overlap of a revision that nobody counts from",
                overlap + "9",
                raise(overlap + "9", "i64", "0"),
                .foreign,
                "does not count from",
                []
            ),
            one(
                "a target",
                settings.keys.targets,
                setDeleted,
                .target,
                "it is deleted, and in the log",
                [],
                alone: false
            ),
            one(
                "a note of a stopped partition that the log has not",
                "{s0}:stopped",
                RedisCommand("HSET", "{s0}:stopped", "sales.orders:99", "1770292800 gone"),
                .foreign,
                "the log has no sales.orders:99",
                []
            ),
            one(
                "a note of a stopped partition that cannot be read",
                "{s0}:stopped",
                RedisCommand("HSET", "{s0}:stopped", "sales.orders:0", "nonsense"),
                .foreign,
                "is no note",
                []
            ),
            one("a key of no kind", "{s0}:x:1", RedisCommand("SET", "{s0}:x:1", "1"), .foreign, "no key", []),
            one(
                "a shard too many",
                "{s7}:revision",
                RedisCommand("SET", "{s7}:revision", "1"),
                .foreign,
                "1 shards",
                []
            ),
        ]
    }
}

extension System {
    /// Verifies everything, in this process.
    func verify(_ source: Verifier.Source) async throws -> (summary: VerifySummary, differences: [Difference]) {
        let operations = OperationsSettings(
            log: KafkaBackend(kafka),
            group: "sales-targets",
            topics: topics,
            redis: try RedisEndpoint(url: redis.url),
            ledger: settings,
            events: try EventSettings(currency: settings.rules.currency)
        )
        let found = FoundDifferences()
        let verifier = try Verifier(
            operations,
            source: source,
            folder: FileManager.default.temporaryDirectory.path,
            report: { difference in found.list.withLock { $0.append(difference) } },
            progress: { _ in }
        )
        let summary = try await verifier.run()
        return (summary, found.list.withLock { $0 })
    }
}

private final class FoundDifferences: Sendable {
    let list = Mutex<[Difference]>([])
}

extension RedisConnection {
    /// The reply to one command.
    func one(_ command: RedisCommand) async throws -> RedisValue {
        try await send(RedisPipeline(command))[0]
    }
}
