import Ledger
import Operations
import Redis
import SalesRules

/// One change to Redis that makes it differ from the log, and what verify must report.
struct Damage {
    let name: String
    /// The key that the command changes.
    let key: String
    let command: RedisCommand
    let kind: Difference.Kind
    /// A part of the reported problem.
    let problem: String
    /// The reported orders.
    let orders: Set<String>
    /// Whether it is the only difference that verify reports.
    var isAlone = true

    init(
        _ name: String,
        _ key: String,
        _ command: RedisCommand,
        _ kind: Difference.Kind,
        _ problem: String,
        _ orders: Set<String> = []
    ) {
        self.name = name
        self.key = key
        self.command = command
        self.kind = kind
        self.problem = problem
        self.orders = orders
    }
}

extension VerifyFixture {
    static func damages(_ connection: RedisConnection, _ settings: LedgerSettings) async throws -> [Damage] {
        let entries = try await entryDamages(connection)
        let targets = try await targetDamages(connection, settings)
        return tallyDamages + entries + indexDamages + targets + peopleDamages + otherDamages
    }

    private static var tallyDamages: [Damage] {
        let position = Day("2026-03-14")!.ordinal * PackedTallies.stride * 8
        let (revenue, count) = (String(position), String(position + 64))
        return [
            Damage(
                "a tally a cent too high",
                days("u-1"),
                increment(days("u-1"), "i64", revenue),
                .day,
                "150.01 EUR, 2 orders, but the sum of its orders is 150.00 EUR, 2 orders",
                ["SO-1", "SO-2"]
            ),
            Damage(
                "a tally one order too high",
                days("u-2"),
                increment(days("u-2"), "i32", count),
                .day,
                "2 orders",
                ["SO-2"]
            ),
            Damage(
                "the tally of everyone together",
                days(nil),
                increment(days(nil), "i64", revenue),
                .day,
                "default/*",
                ["SO-1", "SO-2"]
            ),
            Damage(
                "a tally on a day without orders",
                days("u-1"),
                increment(days("u-1"), "i64", "0"),
                .foreign,
                "2026-01-01"
            ),
            Damage(
                "a tally of a person without orders",
                days("u-9"),
                increment(days("u-9"), "i64", revenue),
                .foreign,
                "no order counts there"
            ),
        ]
    }

    private static func entryDamages(_ connection: RedisConnection) async throws -> [Damage] {
        var changed = try EntryCodec.decode(
            try await connection.one(RedisCommand("GET", entry("SO-1"))).requireBytes()[...],
            id: Identifier("SO-1")!,
            reporting: .euro
        )
        changed.order?.total = Decimal(units: 999, scale: 2)
        func save(_ key: String) -> RedisCommand {
            var command = RedisCommand("SET", key)
            command.append(EntryCodec.encode(changed, reporting: .euro))
            return command
        }
        return [
            Damage(
                "a changed entry",
                entry("SO-1"),
                save(entry("SO-1")),
                .entry,
                "total is 9.99, not 100",
                ["SO-1"]
            ),
            Damage(
                "a missing entry",
                entry("SO-3"),
                RedisCommand("DEL", entry("SO-3")),
                .entry,
                "there is no entry",
                ["SO-3"]
            ),
            Damage(
                "an entry that cannot be read",
                entry("SO-3"),
                RedisCommand("SET", entry("SO-3"), "x"),
                .entry,
                "cannot be read",
                ["SO-3"]
            ),
            Damage(
                "an entry of an order that is not in the log",
                entry("GHOST"),
                save(entry("GHOST")),
                .foreign,
                "the log does not have",
                ["GHOST"]
            ),
        ]
    }

    private static var indexDamages: [Damage] {
        [
            Damage(
                "an index that lacks an order",
                index("u-1"),
                RedisCommand("HDEL", index("u-1"), "SO-1"),
                .index,
                "lacks 1",
                ["SO-1"]
            ),
            Damage(
                "an index with an order too many",
                index("u-1"),
                RedisCommand("HSET", index("u-1"), "SO-3", "1"),
                .index,
                "too many",
                ["SO-3"]
            ),
            Damage(
                "an index with a wrong mark",
                index("u-1"),
                RedisCommand("HSET", index("u-1"), "SO-2", "1"),
                .index,
                "marks 1",
                ["SO-2"]
            ),
            Damage(
                "an index of a person without orders",
                index("u-9"),
                RedisCommand("HSET", index("u-9"), "SO-2", "1"),
                .foreign,
                "no order counts",
                ["SO-2"]
            ),
            Damage(
                "an index of another Redis type",
                index("u-2"),
                RedisCommand("SET", index("u-2"), "1"),
                .index,
                "another type",
                ["SO-2"]
            ),
            Damage(
                "an allocation index that lacks an order",
                allocation,
                RedisCommand("DEL", allocation),
                .index,
                "SO-3 is missing",
                ["SO-3"]
            ),
            Damage(
                "an allocation index with an order too many",
                allocation,
                RedisCommand("SADD", allocation, "SO-1"),
                .foreign,
                "order SO-1 has no allocation A-9"
            ),
        ]
    }

    private static func targetDamages(
        _ connection: RedisConnection,
        _ settings: LedgerSettings
    ) async throws -> [Damage] {
        let id = Identifier("T-1")!
        let targets = settings.keys.targets
        var record = try CatalogRecord.decode(
            try await connection.one(RedisCommand("HGET", targets, "default/T-1")).requireBytes(),
            id: id
        )
        let overlap = settings.keys.overlap(
            TenantScoped(tenant: tenant, id: id),
            revision: record.countsFrom,
            shard: 0
        )
        record.target = nil
        var delete = RedisCommand("HSET", targets, "default/T-1")
        delete.append(record.encode())
        var deleted = Damage("a deleted target", targets, delete, .target, "in Redis it is missing, but in the log")
        deleted.isAlone = false
        return [
            deleted, Damage("an overlap", overlap, increment(overlap, "i64", "0"), .overlap, "T-1", ["SO-2"]),
            Damage(
                "an overlap of a revision that no target counts from",
                overlap + "9",
                increment(overlap + "9", "i64", "0"),
                .foreign,
                "does not count from"
            ),
        ]
    }

    private static var otherDamages: [Damage] {
        [
            Damage(
                "a view that is no stamp",
                "{s0}:view",
                RedisCommand("SET", "{s0}:view", "x"),
                .settings,
                "no stamp"
            ),
            Damage("a view that is gone", "{s0}:view", RedisCommand("DEL", "{s0}:view"), .settings, "it is missing"),
            Damage(
                "the id of another cluster",
                "{s0}:cluster",
                RedisCommand("SET", "{s0}:cluster", "another"),
                .settings,
                "it is \"another\""
            ),
            Damage(
                "a revision that is no number",
                "{s0}:revision",
                RedisCommand("SET", "{s0}:revision", "x"),
                .settings,
                "not a number"
            ),
            Damage(
                "changes of targets that are gone",
                "{s0}:target-changes",
                RedisCommand("DEL", "{s0}:target-changes"),
                .settings,
                "are missing"
            ),
            Damage(
                "a revision beyond the changes of targets",
                "{s0}:revision",
                RedisCommand("SET", "{s0}:revision", "99 7"),
                .settings,
                "are missing"
            ),
            Damage(
                "a note of a stopped partition that is not in the log",
                "{s0}:stopped",
                RedisCommand("HSET", "{s0}:stopped", "sales.orders:99", "1770292800 gone"),
                .foreign,
                "the log has no sales.orders:99"
            ),
            Damage(
                "a note of a stopped partition that cannot be read",
                "{s0}:stopped",
                RedisCommand("HSET", "{s0}:stopped", "sales.orders:0", "nonsense"),
                .foreign,
                "is not a valid note"
            ),
            Damage("a key of an unknown kind", "{s0}:x:1", RedisCommand("SET", "{s0}:x:1", "1"), .foreign, "no key"),
            Damage(
                "a key of a shard that does not exist",
                "{s7}:revision",
                RedisCommand("SET", "{s7}:revision", "1"),
                .foreign,
                "1 shards"
            ),
        ]
    }

    private static func increment(_ key: String, _ type: String, _ offset: String) -> RedisCommand {
        RedisCommand("BITFIELD", key, "INCRBY", type, offset, "1")
    }
}
