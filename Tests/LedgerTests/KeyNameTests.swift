import Ledger
import Log
import Model
import SalesRules
import Testing

@Suite("Names of keys in Redis")
struct KeyNameTests {
    private let keys = KeySpace(shards: 3)
    private let tenant = id("a:b")

    @Test("Every key name can be read back, including ids with colons and dashes")
    func back() {
        let order = TenantScoped(tenant: tenant, id: id("SO:1:2"))
        let shard = keys.shard(of: order)
        let person = id("u:7")
        let day = Day("1965-03-14")!
        let partition = TopicPartition(topic: "sales.orders", partition: 11)
        let all = DaysKey(tenant: tenant, person: nil, year: 2026)
        let one = DaysKey(tenant: tenant, person: person, year: 2026)
        let names: [(String, Int, KeyName)] = [
            (keys.settings(shard: 2), 2, .settings),
            (keys.highSums(shard: 1), 1, .highSums), (keys.refused(shard: 2), 2, .refused),
            (keys.revision, 0, .revision),
            (keys.revisionTokens, 0, .revisionTokens),
            (keys.backfillProgress(shard: 1), 1, .backfillProgress),
            (keys.targets, 0, .targets),
            (keys.targetChanges, 0, .targetChanges),
            (keys.backfills, 0, .backfills),
            (keys.people(of: tenant), 0, .people(of: tenant)),
            (keys.preferences, 0, .preferences),
            (keys.stopped, 0, .stopped), (keys.endedSessions, 0, .signIn), (keys.usedLinks, 0, .signIn),
            (keys.cursor(partition, shard: 1), 1, .cursor(partition)),
            (keys.owed(partition, shard: 2), 2, .owed(partition)),
            (keys.entry(order, shard: shard), shard, .entry(order)),
            (keys.days(all, shard: 1), 1, .days(all)),
            (keys.days(one, shard: 2), 2, .days(one)),
            (
                keys.index(tenant: tenant, person: person, day: day, shard: 0), 0,
                .index(tenant: tenant, person: person, day: day)
            ),
            (keys.overlap(order, revision: 12, shard: 2), 2, .overlap(order, revision: 12)),
            (keys.allocation(order, shard: 1), 1, .allocation(order)),
        ]
        for (key, shard, name) in names {
            let place = keys.place(of: key)
            #expect(place?.shard == shard && place?.name == name, "\(key)")
        }
    }

    @Test("A key in a wrong shard or of an unknown kind has no name; a key without a shard belongs to another program")
    func unknownKeys() {
        let order = TenantScoped(tenant: tenant, id: id("SO-1"))
        let wrong = (keys.shard(of: order) + 1) % 3
        for key in [
            keys.entry(order, shard: wrong), "{s1}:targets", "{s1}:stopped", "{s1}:people:acme", "{s0}:people",
            "{s0}:people:",
            "{s0}:people:acme/u-1", "{s1}:x", "{s1}:o:acme",
            "{s1}:d:acme/u-1:99",
            "{s9}:settings",
            // Numbers in a form that the program never writes.
            "{s1}:d:acme/u-1:02026", "{s1}:d:acme/u-1:+2026", "{s1}:i:acme/u-1:-0", "{s1}:cursor:t:007",
            "{s1}:v:acme/T:+7",
        ] {
            #expect(keys.place(of: key)?.name == nil && keys.place(of: key) != nil, "\(key)")
        }
        for key in [
            "sessions", "{s}:settings", "s1:settings", "{x1}:settings", "{s01}:settings", "{s+1}:settings",
            "{s-0}:targets",
        ] { #expect(keys.place(of: key) == nil) }
    }
}
