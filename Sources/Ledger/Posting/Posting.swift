package import Log
package import Redis
package import SalesRules

/// The changes of one transaction in one shard: the differences of many orders, and the cursors.
package struct Posting {
    /// The shard that is written to.
    package let shard: Int
    private let keys: KeySpace
    private let settings: LedgerSettings
    private var values = RedisCommand("MSET")
    private var days = DayChanges()
    private var overlaps: [OverlapKey: TallySum] = [:]
    private var refused: [String] = []
    private var allocations = AllocationIndex()
    /// The keys of records whose present state is to be written once more, or no longer.
    var owed = OwedKeys()

    private struct OverlapKey: Hashable {
        let target: TenantScoped
        let revision: Int64

        init(_ overlap: Catalog.Contribution, tenant: Identifier) {
            target = TenantScoped(tenant: tenant, id: overlap.target.target.id)
            revision = overlap.target.revision
        }
    }

    /// A posting that changes nothing yet.
    package init(shard: Int, settings: LedgerSettings) {
        self.shard = shard
        self.settings = settings
        keys = settings.keys
        values.reserveCapacity(arguments: 2_048, bytes: 262_144)
    }

    /// Whether no result would change: only entries and cursors, if anything.
    package var movesNothing: Bool { days.isEmpty && overlaps.values.allSatisfy { $0 == .zero } }

    /// Whether the sums of days have to be read before (``SumLimits``).
    var needsSums: Bool { days.hasChange(of: settings.sums.largeChange) }

    /// The sums of days that change.
    var sums: [DaySum] { days.sums }

    /// Whether the log now has a record whose state is to be written once more behind it.
    package var owesRecords: Bool { owed.hasNew }

    /// Replaces what an order contributed before by what it contributes now.
    /// - Parameters:
    ///   - old: the entry in Redis.
    ///   - new: the entry to write; it gets the revision of the catalogs.
    package mutating func move(
        _ order: TenantScoped,
        from old: OrderEntry,
        to new: OrderEntry,
        catalogs: Catalogs
    ) {
        keys.append(entryOf: order, shard: shard, to: &values)
        values.appendArgument {
            EntryCodec.write(new, revision: catalogs.revision.number, reporting: settings.rules.currency, to: &$0)
        }
        allocations.move(order, from: old.own, to: new.own)
        let before = settings.rules.worth(of: old)
        let after = settings.rules.worth(of: new)
        if before != after {
            if let before { days.remove(before, of: order) }
            if let after { days.enter(after, of: order) }
        }
        // Only an order that credits several people can count more than once.
        if let before, before.credits.count > 1 {
            for overlap in catalogs[order.tenant].overlaps(of: before, revision: old.revision) {
                overlaps[OverlapKey(overlap, tenant: order.tenant), default: .zero] -= overlap.tally
            }
        }
        if let after, after.credits.count > 1 {
            for overlap in catalogs[order.tenant].overlaps(of: after, revision: catalogs.revision.number) {
                overlaps[OverlapKey(overlap, tenant: order.tenant), default: .zero] += overlap.tally
            }
        }
    }

    /// Moves the cursor of a partition in this shard.
    package mutating func advance(_ partition: TopicPartition, to cursor: Cursor) {
        setValue(keys.cursor(partition, shard: shard), cursor.encoded)
    }

    /// Notes that a record is not applied because of a sum. The log alone does not show that.
    mutating func refuse(_ partition: TopicPartition, offset: Int64) {
        refused.append(KeySpace.refusedRecord(partition, offset: offset))
    }

    /// Marks the shard: a sum of a day is so high that every posting has to read the sums.
    mutating func markHighSums() { setValue(keys.highSums(shard: shard), "1") }

    /// Notes how far a backfill is.
    mutating func note(_ progress: BackfillProgress) {
        setValue(keys.backfillProgress(shard: shard), progress.description)
    }

    private mutating func setValue(_ key: String, _ value: String) {
        values.append(key)
        values.append(value)
    }

    /// The transaction. Send it on the same connection after the ``OrderReads`` that it was derived from.
    package func transaction() -> RedisPipeline {
        var pipeline = RedisPipeline(reserving: 131_072)
        pipeline.append(RedisCommand("MULTI"))
        if values.argumentCount > 1 { pipeline.append(values) }
        days.append(to: &pipeline, keys: keys, shard: shard)
        for (key, tally) in overlaps where tally != .zero {
            var command = RedisCommand("BITFIELD", keys.overlap(key.target, revision: key.revision, shard: shard))
            PackedTallies.refuseOverflow(&command)
            PackedTallies.appendIncrement(ofOverlap: tally, to: &command)
            pipeline.append(command)
        }
        if !refused.isEmpty {
            var command = RedisCommand("SADD", keys.refused(shard: shard))
            for record in refused { command.append(record) }
            pipeline.append(command)
        }
        allocations.append(to: &pipeline, keys: keys, shard: shard)
        owed.append(to: &pipeline, keys: keys, shard: shard)
        if let publish = announcement.command(shard: shard, keys: keys) { pipeline.append(publish) }
        pipeline.append(RedisCommand("EXEC"))
        return pipeline
    }

    private var announcement: Announcement {
        var announcement = Announcement()
        announcement.days = days.announced
        announcement.targets = overlaps.filter { $0.value != .zero }.map(\.key.target)
        return announcement
    }

    /// How a transaction ended.
    package enum Outcome: Hashable, Sendable {
        case applied
        /// Another client changed a watched key: nothing was applied, and the keys must be read again.
        case lostRace
    }

    /// Reads the replies to a transaction.
    /// - Throws: ``LedgerError/refused(_:)`` when nothing was applied, ``LedgerError/partialPosting(_:)`` when only a
    ///   part was applied.
    package static func outcome(of replies: RedisReplies) throws(LedgerError) -> Outcome {
        for index in replies.indices {
            if let error = replies.reply(at: index).error, error.code != "EXECABORT" { throw .refused(error) }
        }
        guard let last = replies.indices.last else { throw .unexpectedReply("EXEC") }
        let exec = replies.reply(at: last)
        if exec.isNull { return .lostRace }
        for result in try exec.elements("EXEC") { try checkResult(result) }
        return .applied
    }

    /// Whether the replies to a transaction that was applied show a sum that is to mark its shard (``SumLimits``).
    package static func showsHighSum(
        _ replies: RedisReplies,
        _ limits: SumLimits
    ) -> Bool {
        guard let last = replies.indices.last, let results = replies.reply(at: last).elements else { return false }
        return results.contains { result in
            guard let sums = result.elements else { return false }
            return sums.contains { sum in sum.integer.map { limits.isHigh($0) } ?? false }
        }
    }

    private static func checkResult(_ result: RedisReply) throws(LedgerError) {
        if let error = result.error { throw .partialPosting("\(error.code) \(error.message)") }
        if let elements = result.elements, elements.contains(where: \.isNull) {
            throw .partialPosting("a tally would overflow")
        }
    }
}
