package import Log
package import Redis
package import SalesRules

/// The names of all keys of the ledger in Redis. The keys of one shard share a hash tag, so that a posting uses only
/// one slot of a cluster. docs/CONTRACT.md, "Keys in Redis", has the format of the values.
///
/// | key | type | holds |
/// |---|---|---|
/// | `{s<n>}:settings` | string | the settings that the numbers were made with |
/// | `{s<n>}:view` | string | which view of the log this is (``ViewStamp``) |
/// | `{s0}:revision` | string | the catalog revision (``CatalogRevision``) |
/// | `{s<n>}:backfill` | string | how far the present backfill is in the shard (``BackfillProgress``) |
/// | `{s<n>}:high-sums` | string | `1` where a sum of a day is near the limit of 64 bits (``SumLimits``) |
/// | `{s<n>}:refused` | set | topic:partition:offset of records that would have passed that limit |
/// | `{s0}:revisions` | hash | the numbers of the latest catalog revisions → their tokens |
/// | `{s0}:cluster` | string | the Kafka cluster whose log this is a view of |
/// | `{s0}:rebuild` | string | in a view that is being built: the settings that it is built with |
/// | `{s0}:targets` | hash | tenant/target → target and the revision it counts from |
/// | `{s0}:target-changes` | sorted set | tenant/target by the revision of its last change |
/// | `{s0}:counting` | hash | tenant/target → the backfill of a shared target (``BackfillJob``) |
/// | `{s0}:people:<tenant>` | hash | person → name and address |
/// | `{s0}:preferences` | hash | tenant/person → what they chose to see |
/// | `{s0}:stopped` | hash | topic:partition → since when a worker has stopped it, and why |
/// | `{s0}:ended-sessions` · `{s0}:used-links` | sorted set | ids by the second at which they expire; the server's |
/// | `{s<n>}:cursor:<topic>:<partition>` | string | the next offset, and the fingerprint of the last record applied |
/// | `{s<n>}:owed:<topic>:<partition>` | set | the keys whose last record does not give the state (``OwedKey``) |
/// | `{s<n>}:o:<tenant>/<order>` | string | the entry of an order |
/// | `{s<n>}:d:<tenant>/<person>:<year>` | string | a tally for each day of the year; `*` is everyone |
/// | `{s<n>}:i:<tenant>/<person>:<day>` | hash | the orders that credit the person on that day (``IndexMark``) |
/// | `{s<n>}:a:<tenant>/<allocation>` | set | the orders that have this allocation, saved on its own |
/// | `{s<n>}:v:<tenant>/<target>:<revision>` | string | an overlap: what the assignees' credits count more than once |
package struct KeySpace: Sendable {
    /// How many shards the orders are spread over, 1 to 1,024.
    package let shards: Int

    private let prefixes: [String]

    /// The keys of a ledger with this many shards.
    package init(shards: Int = 1) {
        precondition((1...1_024).contains(shards))
        self.shards = shards
        prefixes = (0..<shards).map { "{s\($0)}:" }
    }

    /// The shard of an order: FNV-1a of `<tenant>/<order id>`, modulo the number of shards.
    package func shard(of order: TenantScoped) -> Int {
        if shards == 1 { return 0 }
        var hash = FNV1a()
        hash.mix(order.tenant.rawValue.utf8)
        hash.mix(CollectionOfOne(UInt8(ascii: "/")))
        hash.mix(order.id.rawValue.utf8)
        return Int(hash.value % UInt64(shards))
    }

    /// The Kafka cluster whose log this is a view of.
    package var cluster: String { "{s0}:cluster" }
    /// Marks a view that `rebuild` is building.
    package var rebuild: String { "{s0}:rebuild" }
    /// The hash of targets.
    package var targets: String { "{s0}:targets" }
    /// The sorted set of targets by the revision of their last change.
    package var targetChanges: String { "{s0}:target-changes" }
    /// The catalog revision.
    package var revision: String { "{s0}:revision" }
    /// The hash of the tokens of the latest catalog revisions, by their numbers.
    package var revisionTokens: String { "{s0}:revisions" }
    /// The hash of backfills that are not finished.
    package var backfills: String { "{s0}:counting" }
    /// The hash of what people chose to see.
    package var preferences: String { "{s0}:preferences" }
    /// The hash of stopped partitions (``StoppedPartitions``).
    package var stopped: String { "{s0}:stopped" }

    /// The sorted set of sessions that were ended before they expired.
    package var endedSessions: String { "{s0}:ended-sessions" }
    /// The sorted set of sign-in links that were used before they expired.
    package var usedLinks: String { "{s0}:used-links" }

    /// The hash of a tenant's people. Each tenant has its own, so that reading all of one's people costs nobody else.
    package func people(of tenant: Identifier) -> String { "{s0}:people:\(tenant.rawValue)" }

    /// The settings that a shard's numbers were made with.
    package func settings(shard: Int) -> String { "{s\(shard)}:settings" }

    /// The stamp of the view that a shard belongs to.
    package func view(shard: Int) -> String { "{s\(shard)}:view" }

    /// Marks a shard in which a sum of a day is near the limit of 64 bits (``SumLimits``).
    package func highSums(shard: Int) -> String { "{s\(shard)}:high-sums" }

    /// The set of records of a shard that are not applied because a sum of a day would pass the limit.
    package func refused(shard: Int) -> String { "{s\(shard)}:refused" }

    /// The member of ``refused(shard:)`` for a record.
    package static func refusedRecord(_ partition: TopicPartition, offset: Int64) -> String {
        "\(partition.topic):\(partition.partition):\(offset)"
    }

    /// How far the present backfill is in a shard (``BackfillProgress``).
    package func backfillProgress(shard: Int) -> String { "{s\(shard)}:backfill" }

    /// How far a shard has applied a partition.
    package func cursor(_ partition: TopicPartition, shard: Int) -> String {
        "{s\(shard)}:cursor:\(partition.topic):\(partition.partition)"
    }

    /// The keys of a partition whose last record does not give the present state of a record of this shard.
    package func owed(_ partition: TopicPartition, shard: Int) -> String {
        "{s\(shard)}:owed:\(partition.topic):\(partition.partition)"
    }

    /// The entry of an order of this shard.
    package func entry(_ order: TenantScoped, shard: Int) -> String {
        text { write("o:", order.tenant, order.id.rawValue, shard: shard, to: &$0) }
    }

    /// The tallies of the days of a year.
    package func days(_ days: DaysKey, shard: Int) -> String {
        text { write("d:", days.tenant, days.person?.rawValue ?? "*", days.year, shard: shard, to: &$0) }
    }

    /// The index of the orders that credit a person on a day.
    package func index(tenant: Identifier, person: Identifier, day: Day, shard: Int) -> String {
        text { write("i:", tenant, person.rawValue, day.number, shard: shard, to: &$0) }
    }

    /// The index of the orders that have an allocation with this id, saved on its own.
    package func allocation(_ id: TenantScoped, shard: Int) -> String {
        text { write("a:", id.tenant, id.id.rawValue, shard: shard, to: &$0) }
    }

    /// Appends the key of an order's entry to a command. This and the next two functions run for every order, so they
    /// write the key directly: a `String` for each key would take longer than the command takes in Redis.
    package func append(entryOf order: TenantScoped, shard: Int, to command: inout RedisCommand) {
        command.appendArgument { write("o:", order.tenant, order.id.rawValue, shard: shard, to: &$0) }
    }

    /// Appends the key of a year's tallies to a command.
    package func append(daysOf days: DaysKey, shard: Int, to command: inout RedisCommand) {
        command.appendArgument {
            write("d:", days.tenant, days.person?.rawValue ?? "*", days.year, shard: shard, to: &$0)
        }
    }

    /// Appends the key of the index of a person's day to a command.
    package func append(
        indexOf person: Identifier,
        tenant: Identifier,
        day: Day,
        shard: Int,
        to command: inout RedisCommand
    ) {
        command.appendArgument { write("i:", tenant, person.rawValue, day.number, shard: shard, to: &$0) }
    }

    private func text(_ write: (inout [UInt8]) -> Void) -> String {
        var bytes: [UInt8] = []
        write(&bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private func write(
        _ kind: String,
        _ tenant: Identifier,
        _ id: String,
        _ number: Int? = nil,
        shard: Int,
        to name: inout [UInt8]
    ) {
        let (prefix, kind) = (prefixes[shard].utf8.span, kind.utf8.span)
        let (tenant, id) = (tenant.rawValue.utf8.span, id.utf8.span)
        // With one check of the memory.
        name.append(addingCapacity: prefix.count + kind.count + tenant.count + id.count + 22) { name in
            name.append(contentsOf: prefix)
            name.append(contentsOf: kind)
            name.append(contentsOf: tenant)
            name.append(UInt8(ascii: "/"))
            name.append(contentsOf: id)
            if let number {
                name.append(UInt8(ascii: ":"))
                name.append(decimal: number)
            }
        }
    }

    /// The tally of what the assignees' credits of a shared target count more than once.
    package func overlap(_ target: TenantScoped, revision: Int64, shard: Int) -> String {
        "{s\(shard)}:v:\(target.tenant.rawValue)/\(target.id.rawValue):\(revision)"
    }

    /// The channel on which a transaction announces what it changed (``Announcement``).
    package func changes(shard: Int) -> String { "{s\(shard)}:changes" }
}

/// Identifies a person's year with its daily tallies.
package struct DaysKey: Hashable, Sendable {
    /// The tenant of the person.
    package let tenant: Identifier
    /// Nil for everyone together.
    package let person: Identifier?
    /// The year.
    package let year: Int

    /// A year of this person.
    package init(tenant: Identifier, person: Identifier?, year: Int) {
        self.tenant = tenant
        self.person = person
        self.year = year
    }

    /// A number that nearly always differs for different keys, and cannot be chosen by anyone (``Identifier/digest``).
    var digest: UInt64 { (tenant.digest &* 31 &+ (person?.digest ?? 0)) &* 31 &+ UInt64(bitPattern: Int64(year)) }

    package func hash(into hasher: inout Hasher) { hasher.combine(digest) }
}
