package import Redis
package import SalesTargets

/// What a batch changes in one shard: the differences of many orders put together, and written by one transaction.
package struct Posting {
    /// The shard that is written to.
    package let shard: Int
    private let keys: KeySpace
    private let settings: LedgerSettings
    private var values = RedisCommand("MSET")
    private var hasValues = false
    private var buckets: [BucketKey: Bucket] = [:]
    private var overlaps: [OverlapKey: Tally] = [:]

    private struct BucketKey: Hashable {
        let tenant: Identifier
        let person: Identifier?
        let day: Day
    }

    private struct Bucket {
        var tally = Tally.zero
        /// Order ids to enter in the index, with what they are marked with.
        var entered: [(order: Identifier, mark: String)] = []
        var left: [Identifier] = []
    }

    private struct OverlapKey: Hashable {
        let target: TenantScoped
        let revision: Int64
    }

    /// A posting that changes nothing yet.
    package init(shard: Int, settings: LedgerSettings) {
        self.shard = shard
        self.settings = settings
        keys = settings.keys
        values.reserveCapacity(arguments: 2_048, bytes: 262_144)
    }

    /// Whether it would change nothing that is read: at most entries' versions, and cursors.
    package var movesNothing: Bool { buckets.isEmpty && overlaps.values.allSatisfy { $0 == .zero } }

    /// Derive, diff, post: replaces what the order contributed as it stood by what it contributes as it stands now.
    /// - Parameters:
    ///   - old: the entry in Redis, as it was posted.
    ///   - new: the entry to write; it gets the catalog's revision.
    package mutating func move(
        _ order: TenantScoped,
        from old: OrderEntry,
        to new: OrderEntry,
        catalogs: Catalogs
    ) {
        var new = new
        new.revision = catalogs.revision
        setValue(
            keys.entry(order, shard: shard),
            EntryCodec.encode(new, reporting: settings.rules.currency)
        )
        let catalog = catalogs[order.tenant]
        let before = settings.rules.worth(of: old)
        let after = settings.rules.worth(of: new)
        if before != after {
            if let before { remove(before, of: order) }
            if let after { enter(after, of: order) }
        }
        for overlap in before.map({ catalog.overlaps(of: $0, revision: old.revision) }) ?? [] {
            addOverlap(overlap, tenant: order.tenant, sign: -1)
        }
        for overlap in after.map({ catalog.overlaps(of: $0, revision: new.revision) }) ?? [] {
            addOverlap(overlap, tenant: order.tenant, sign: 1)
        }
    }

    /// Moves the cursor of a partition in this shard.
    package mutating func advance(_ partition: LogPartition, to cursor: Cursor) {
        setValue(keys.cursor(partition, shard: shard), Array(cursor.description.utf8))
    }

    /// Lets the shard follow the catalog.
    package mutating func raiseRevision(to revision: Int64) {
        setValue(keys.revision(shard: shard), Array(String(revision).utf8))
    }

    /// Notes the settings in an empty Redis.
    package mutating func keepSettings() {
        setValue(keys.settings(shard: shard), Array(settings.text.utf8))
    }

    private mutating func setValue(_ key: String, _ value: [UInt8]) {
        values.append(key)
        values.append(value)
        hasValues = true
    }

    private mutating func remove(_ worth: Worth, of order: TenantScoped) {
        for credit in worth.credits {
            let key = BucketKey(tenant: order.tenant, person: credit.salesperson, day: worth.day)
            buckets[key, default: Bucket()].tally -= Tally(revenue: credit.amount, orders: 1)
            buckets[key]?.left.append(order.id)
        }
        if let all = worth.tallyOfAll {
            let key = BucketKey(tenant: order.tenant, person: nil, day: worth.day)
            buckets[key, default: Bucket()].tally -= all
        }
    }

    private mutating func enter(_ worth: Worth, of order: TenantScoped) {
        let mark = worth.credits.count > 1 ? IndexMark.split : IndexMark.single
        for credit in worth.credits {
            let key = BucketKey(tenant: order.tenant, person: credit.salesperson, day: worth.day)
            enter(
                order.id,
                mark: mark,
                tally: Tally(revenue: credit.amount, orders: 1),
                into: &buckets[key, default: Bucket()]
            )
        }
        if let all = worth.tallyOfAll {
            let key = BucketKey(tenant: order.tenant, person: nil, day: worth.day)
            buckets[key, default: Bucket()].tally += all
        }
    }

    private func enter(_ order: Identifier, mark: String, tally: Tally, into bucket: inout Bucket) {
        bucket.tally += tally
        if bucket.left.last == order { bucket.left.removeLast() }
        bucket.entered.append((order, mark))
    }

    private mutating func addOverlap(_ overlap: Catalog.Contribution, tenant: Identifier, sign: Int64) {
        let key = OverlapKey(
            target: TenantScoped(tenant: tenant, id: overlap.target.target.id),
            revision: overlap.target.revision
        )
        let signed = Tally(revenue: sign * overlap.tally.revenue, orders: sign * overlap.tally.orders)
        overlaps[key, default: .zero] += signed
    }

    /// The transaction: to be sent after the reads that watch what it was made from.
    package func transaction() -> RedisPipeline {
        var pipeline = RedisPipeline()
        pipeline.append(RedisCommand("MULTI"))
        if hasValues { pipeline.append(values) }
        var days: [DaysKey: [(place: Int, tally: Tally)]] = [:]
        for (key, bucket) in buckets {
            if bucket.tally != .zero {
                let year = DaysKey(tenant: key.tenant, person: key.person, year: key.day.year)
                days[year, default: []].append((key.day.ordinal, bucket.tally))
            }
            if let person = key.person { appendIndex(key, person: person, bucket, to: &pipeline) }
        }
        for (key, tallies) in days {
            if let command = TallyString.increments(key: keys.days(key, shard: shard), tallies) {
                pipeline.append(command)
            }
        }
        for (key, tally) in overlaps {
            let name = keys.overlap(key.target, revision: key.revision, shard: shard)
            if let command = TallyString.increments(key: name, [(0, tally)]) { pipeline.append(command) }
        }
        let announcement = Self.announcement(days: days, overlaps: overlaps.lazy.map { ($0.key.target, $0.value) })
        if let publish = announcement.command(shard: shard, keys: keys) { pipeline.append(publish) }
        pipeline.append(RedisCommand("EXEC"))
        return pipeline
    }

    private func appendIndex(
        _ key: BucketKey,
        person: Identifier,
        _ bucket: Bucket,
        to pipeline: inout RedisPipeline
    ) {
        let name = keys.index(tenant: key.tenant, person: person, day: key.day, shard: shard)
        if !bucket.entered.isEmpty {
            var command = RedisCommand("HSET")
            command.append(name)
            for (order, mark) in bucket.entered {
                command.append(order.rawValue)
                command.append(mark)
            }
            pipeline.append(command)
        }
        if !bucket.left.isEmpty {
            var command = RedisCommand("HDEL")
            command.append(name)
            for order in bucket.left { command.append(order.rawValue) }
            pipeline.append(command)
        }
    }

    /// How a transaction ended.
    package enum Outcome: Hashable, Sendable {
        case applied
        /// Another worker changed what was watched: nothing was applied, and what is there has to be read again.
        case lostRace
    }

    /// Reads the replies to a ``transaction()``.
    /// - Throws: ``LedgerError/refused(_:)`` when nothing was applied, ``LedgerError/brokenPosting(_:)`` when a part was.
    package static func outcome(of replies: some BidirectionalCollection<RedisValue>) throws(LedgerError) -> Outcome {
        for reply in replies {
            if case .error(let error) = reply, error.code != "EXECABORT" { throw .refused(error) }
        }
        switch replies.last {
        case .some(.null): return .lostRace
        case .some(.array(let results)):
            for result in results { try checkResult(result) }
            return .applied
        case .some(.error(let error)): throw .refused(error)
        default: throw .unexpectedReply("EXEC")
        }
    }

    private static func checkResult(_ result: RedisValue) throws(LedgerError) {
        switch result {
        case .error(let error): throw .brokenPosting("\(error.code) \(error.message)")
        case .array(let elements):
            guard elements.contains(.null) else { return }
            throw .brokenPosting("a tally would overflow")
        default: return
        }
    }
}

/// What an order is marked with in the index of a person's day.
enum IndexMark {
    /// It credits this person alone.
    static let single = "1"
    /// It credits several, and so may count more than once in a target they share.
    static let split = "2"
}
