package import Log
package import Redis
package import SalesRules

/// The changes of targets and people in a batch of records. One transaction in shard 0 applies them.
package struct CatalogBatch {
    private let settings: LedgerSettings
    private let keys: KeySpace
    private let ranges: [OffsetRange]
    private let changes: [Change]
    private let targets: [TenantScoped]
    private let people: [TenantScoped]
    private let peopleByTenant: [(tenant: Identifier, people: [TenantScoped])]

    /// One change and its record.
    package struct Change {
        /// The partition of the record.
        package let partition: TopicPartition
        /// The offset of the record.
        package let offset: Int64
        /// What the record says.
        package let event: Event
        /// What else is known of the record.
        package let source: ChangeSource

        /// A change from a record at this offset.
        package init(
            partition: TopicPartition,
            offset: Int64,
            event: Event,
            source: ChangeSource = ChangeSource()
        ) {
            self.partition = partition
            self.offset = offset
            self.event = event
            self.source = source
        }
    }

    /// - Parameters:
    ///   - changes: changes of targets and people only, in the order of the log.
    ///   - ranges: what was read from each partition of targets and people.
    package init(_ changes: [Change], ranges: [OffsetRange], settings: LedgerSettings) {
        self.changes = changes
        self.ranges = ranges
        self.settings = settings
        keys = settings.keys
        var targets: Set<TenantScoped> = []
        var people: Set<TenantScoped> = []
        for change in changes {
            switch change.event.change {
            case .target(let id, _): targets.insert(TenantScoped(tenant: change.event.tenant, id: id))
            case .person(let id, _): people.insert(TenantScoped(tenant: change.event.tenant, id: id))
            case .order: break
            }
        }
        self.targets = Array(targets)
        self.people = Array(people)
        peopleByTenant = Dictionary(grouping: people, by: \.tenant).map { ($0, $1) }
    }

    /// Applies the batch.
    /// - Parameter view: the view that the batch was read for.
    /// - Throws: ``LedgerError/viewChanged``, ``LedgerError/cursorBehind`` when Redis has not applied all records before this
    ///   batch, or ``LedgerError/otherRecord(_:offset:)`` when it has applied another record than one of the batch.
    package nonisolated(nonsending) func apply(
        over link: any PostingLink,
        to view: ViewStamp?
    ) async throws(LedgerError) -> Posting.Outcome {
        let snapshot = try snapshot(from: try await link.replies(to: reads()))
        if snapshot.view == nil || snapshot.view != view { throw .viewChanged }
        for (range, cursor) in zip(ranges, snapshot.cursors) {
            try range.check(cursor) { offset in
                changes.first { $0.partition == range.partition && $0.offset == offset }?.source.record
            }
        }
        return try Posting.outcome(of: try await link.replies(to: transaction(on: snapshot)))
    }

    /// Watches and reads what the batch changes.
    package func reads() -> RedisPipeline {
        var pipeline = RedisPipeline()
        let fixed = [keys.view(shard: 0), keys.revision] + ranges.map { keys.cursor($0.partition, shard: 0) }
        var watch = RedisCommand("WATCH")
        for key in fixed + hashes.map(\.key) { watch.append(key) }
        pipeline.append(watch)
        var read = RedisCommand("MGET")
        for key in fixed { read.append(key) }
        pipeline.append(read)
        for (key, fields) in hashes {
            var command = RedisCommand("HMGET")
            command.append(key)
            // HMGET needs at least one field; no record has an empty id.
            for field in fields.isEmpty ? [""] : fields { command.append(field) }
            pipeline.append(command)
        }
        return pipeline
    }

    /// Of people only the hashes of the batch's tenants.
    private var hashes: [(key: String, fields: [String])] {
        let targets = targets.map(\.description)
        let ofAll = [
            (keys.targets, targets), (keys.backfills, targets), (keys.preferences, people.map(\.description)),
        ]
        return ofAll + peopleByTenant.map { (keys.people(of: $0), $1.map(\.id.rawValue)) }
    }

    /// What was read from Redis.
    package struct Snapshot {
        /// The view that Redis holds; nil where it has no stamp.
        package let view: ViewStamp?
        /// The catalog revision.
        package let revision: CatalogRevision
        /// In the order of the batch's ranges; nil where nothing was applied yet.
        package let cursors: [Cursor?]
        var records: [TenantScoped: CatalogRecord] = [:]
        var jobs: [TenantScoped: BackfillJob] = [:]
        var people: [TenantScoped: PersonEntry] = [:]
    }

    /// - Throws: ``LedgerError`` when Redis refused a command, or a value cannot be read.
    package func snapshot(from replies: RedisReplies) throws(LedgerError) -> Snapshot {
        guard replies.count == 5 + peopleByTenant.count else { throw .unexpectedReply("WATCH") }
        if case .error(let error) = replies[0] { throw .refused(error) }
        let fixed = try replies[1].elements("MGET")
        guard fixed.count == 2 + ranges.count else { throw .unexpectedReply("MGET") }
        var cursors: [Cursor?] = []
        for (value, range) in zip(fixed.dropFirst(2), ranges) {
            cursors.append(try value.cursor(of: range.partition))
        }
        var snapshot = Snapshot(
            view: try fixed[0].view(),
            revision: try fixed[1].catalogRevision(),
            cursors: cursors
        )
        for (target, bytes) in try fields(targets, replies[2]) {
            snapshot.records[target] = try reading("target \(target)") { () throws(CorruptRecord) in
                try CatalogRecord.decode(bytes, id: target.id)
            }
        }
        for (target, bytes) in try fields(targets, replies[3]) {
            snapshot.jobs[target] = try reading("the backfill of target \(target)") { () throws(CorruptRecord) in
                try BackfillJob(parsing: bytes)
            }
        }
        for person in people { snapshot.people[person] = PersonEntry() }
        for (key, bytes) in try fields(people, replies[4]) {
            let preference = try reading("the preferences of \(key)") { () throws(CorruptRecord) in
                try PersonCodec.decodeChoice(bytes)
            }
            snapshot.people[key] = PersonEntry(preference: preference)
        }
        for ((_, people), reply) in zip(peopleByTenant, replies[5...]) {
            for (key, bytes) in try fields(people, reply) {
                let person = try reading("person \(key)") { () throws(CorruptRecord) in
                    try PersonCodec.decode(bytes, id: key.id)
                }
                let preference = snapshot.people[key]?.preference ?? Versioned()
                snapshot.people[key] = PersonEntry(person: person, preference: preference)
            }
        }
        return snapshot
    }

    private func fields(
        _ names: [TenantScoped],
        _ reply: RedisValue
    ) throws(LedgerError) -> [(TenantScoped, [UInt8])] {
        if names.isEmpty { return [] }
        var fields: [(TenantScoped, [UInt8])] = []
        for (name, value) in zip(names, try reply.elements("HMGET")) {
            if let bytes = try value.optionalBytes("HMGET") { fields.append((name, bytes)) }
        }
        return fields
    }

    /// The transaction that applies the batch.
    package func transaction(on snapshot: Snapshot) -> RedisPipeline {
        var after = snapshot
        var changedTargets: Set<TenantScoped> = []
        var changedPeople: Set<TenantScoped> = []
        let revision = snapshot.revision.next
        let applied = Dictionary(
            zip(ranges, snapshot.cursors).map { ($0.partition, $1?.next ?? 0) },
            uniquingKeysWith: { first, _ in first }
        )
        var owed = OwedKeys()
        for change in changes where change.offset >= applied[change.partition] ?? 0 {
            let isRestated = change.source.kind == .restatement
            switch change.event.change {
            case .target(let id, let targetChange):
                let key = TenantScoped(tenant: change.event.tenant, id: id)
                if change.source.kind != .refused,
                    after.apply(targetChange, to: key, revision: revision.number, isRestated: isRestated)
                {
                    changedTargets.insert(key)
                }
            case .person(let id, let personChange):
                let key = TenantScoped(tenant: change.event.tenant, id: id)
                if change.source.kind == .refused { break }
                after.people[key, default: PersonEntry()].apply(personChange, isRestated: isRestated)
                changedPeople.insert(key)
            case .order: break
            }
            after.note(change, in: &owed)
        }

        var pipeline = RedisPipeline()
        pipeline.append(RedisCommand("MULTI"))
        for target in changedTargets { append(target, after, revision: revision.number, to: &pipeline) }
        if !changedTargets.isEmpty { append(revision, to: &pipeline) }
        for person in changedPeople { append(person, after, to: &pipeline) }
        owed.append(to: &pipeline, keys: keys, shard: 0)
        let renamed = changedPeople.filter {
            snapshot.people[$0]?.person.value?.name != after.people[$0]?.person.value?.name
        }
        let announcement = Announcement(targets: Array(changedTargets), people: Array(renamed))
        if let publish = announcement.command(shard: 0, keys: keys) { pipeline.append(publish) }
        for range in ranges where applied[range.partition] ?? 0 < range.end.next {
            pipeline.append(RedisCommand("SET", keys.cursor(range.partition, shard: 0), range.end.encoded))
        }
        pipeline.append(RedisCommand("EXEC"))
        return pipeline
    }

    private func append(_ revision: CatalogRevision, to pipeline: inout RedisPipeline) {
        let (number, tokens) = (revision.number, keys.revisionTokens)
        pipeline.append(RedisCommand("SET", keys.revision, revision.description))
        pipeline.append(RedisCommand("HSET", tokens, String(number), String(revision.token)))
        if number > CatalogRevision.keptTokens {
            pipeline.append(RedisCommand("HDEL", tokens, String(number - CatalogRevision.keptTokens)))
        }
    }

    private func append(
        _ target: TenantScoped,
        _ snapshot: Snapshot,
        revision: Int64,
        to pipeline: inout RedisPipeline
    ) {
        guard let record = snapshot.records[target] else { return }
        var command = RedisCommand("HSET", keys.targets, target.description)
        command.append(record.encode())
        pipeline.append(command)
        pipeline.append(RedisCommand("ZADD", keys.targetChanges, String(revision), target.description))
        if let job = snapshot.jobs[target] {
            pipeline.append(RedisCommand("HSET", keys.backfills, target.description, job.description))
        }
    }

    private func append(_ person: TenantScoped, _ snapshot: Snapshot, to pipeline: inout RedisPipeline) {
        func write(_ key: String, _ field: String, _ bytes: [UInt8]?) {
            var command = RedisCommand(bytes == nil ? "HDEL" : "HSET", key, field)
            if let bytes { command.append(bytes) }
            pipeline.append(command)
        }
        let entry = snapshot.people[person] ?? PersonEntry()
        write(keys.people(of: person.tenant), person.id.rawValue, PersonCodec.encode(entry.person))
        write(keys.preferences, person.description, PersonCodec.encode(entry.preference))
    }
}

extension CatalogBatch.Snapshot {
    /// - Returns: false when the change is stale or changes nothing.
    fileprivate mutating func apply(
        _ change: TargetChange,
        to key: TenantScoped,
        revision: Int64,
        isRestated: Bool
    ) -> Bool {
        let old = records[key]
        var target = Versioned(old?.target, version: old?.version)
        // What was deleted without a version is known too.
        if isRestated, old != nil, change.version == nil { return false }
        guard isRestated ? target.restate(change) : target.apply(change) else { return false }
        var new = CatalogRecord(
            target: target.value,
            version: target.version,
            countsFrom: old?.countsFrom ?? revision
        )
        let (before, after) = (old?.target, new.target)
        if before?.assignees != after?.assignees || before?.period != after?.period {
            new.countsFrom = revision
            var job = jobs[key] ?? BackfillJob(target: nil, formerRevisions: [])
            if let old, old.target?.isShared == true, old.countsFrom != revision {
                job.formerRevisions.insert(old.countsFrom)
            }
            job.target = new.target?.isShared == true ? revision : nil
            jobs[key] = job.isEmpty ? nil : job
        }
        records[key] = new
        return new != old
    }
}
