package import Redis
package import SalesRules

/// A batch of target and people events, applied by one transaction in shard 0.
package struct CatalogBatch {
    private let settings: LedgerSettings
    private let keys: KeySpace
    private let partitions: [LogPartition]
    private let changes: [Change]
    private let targets: [TenantScoped]
    private let people: [TenantScoped]

    /// One change, and the record of the log it came with.
    package struct Change {
        /// Where it was read.
        package let partition: LogPartition
        /// Its place there.
        package let offset: Int64
        /// What it says.
        package let event: Event

        /// A change from this place of the log.
        package init(partition: LogPartition, offset: Int64, event: Event) {
            self.partition = partition
            self.offset = offset
            self.event = event
        }
    }

    /// - Parameter changes: of targets and people only, in the order of the log.
    package init(_ changes: [Change], partitions: [LogPartition], settings: LedgerSettings) {
        self.changes = changes
        self.partitions = partitions
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
    }

    /// Watches and reads what the batch changes.
    package func reads() -> RedisPipeline {
        var pipeline = RedisPipeline()
        let fixed = [keys.view(shard: 0), keys.revision(shard: 0)] + partitions.map { keys.cursor($0, shard: 0) }
        var watch = RedisCommand("WATCH")
        for key in fixed + [keys.targets, keys.counting, keys.people, keys.preferences] { watch.append(key) }
        pipeline.append(watch)
        var read = RedisCommand("MGET")
        for key in fixed { read.append(key) }
        pipeline.append(read)
        for (key, fields) in hashes {
            var command = RedisCommand("HMGET")
            command.append(key)
            // HMGET takes at least one field, and no id is empty.
            for field in fields.isEmpty ? [""] : fields.map(\.description) { command.append(field) }
            pipeline.append(command)
        }
        return pipeline
    }

    private var hashes: [(key: String, fields: [TenantScoped])] {
        [(keys.targets, targets), (keys.counting, targets), (keys.people, people), (keys.preferences, people)]
    }

    /// What was read.
    package struct Snapshot {
        /// The view that Redis holds; nil where it was not admitted yet.
        package let view: ViewStamp?
        /// The catalog revision.
        package let revision: Int64
        /// By the order of the batch's partitions; nil where nothing was ever applied.
        package let cursors: [Cursor?]
        var records: [TenantScoped: CatalogRecord] = [:]
        var jobs: [TenantScoped: CountingJob] = [:]
        var people: [TenantScoped: Person] = [:]
        var preferences: [TenantScoped: (choice: WidgetChoice, version: Int64?)] = [:]
    }

    /// - Throws: ``LedgerError`` when a record cannot be read.
    package func snapshot(from replies: [RedisValue]) throws(LedgerError) -> Snapshot {
        guard replies.count == 6 else { throw .unexpectedReply("WATCH") }
        if case .error(let error) = replies[0] { throw .refused(error) }
        let fixed = try replies[1].elements("MGET")
        guard fixed.count == 2 + partitions.count else { throw .unexpectedReply("MGET") }
        var cursors: [Cursor?] = []
        for (value, partition) in zip(fixed.dropFirst(2), partitions) {
            cursors.append(try OrderReads.cursor(value, of: partition))
        }
        var snapshot = Snapshot(
            view: try OrderReads.view(fixed[0]),
            revision: try integer(fixed[1], missing: 0, "revision"),
            cursors: cursors
        )
        for (target, bytes) in try fields(targets, replies[2]) {
            snapshot.records[target] = try reading("target \(target)") { () throws(CorruptRecord) in
                try CatalogRecord.decode(bytes, id: target.id)
            }
        }
        for (target, bytes) in try fields(targets, replies[3]) {
            snapshot.jobs[target] = try reading("the counting of target \(target)") { () throws(CorruptRecord) in
                try CountingJob(parsing: bytes)
            }
        }
        for (person, bytes) in try fields(people, replies[4]) {
            snapshot.people[person] = try reading("person \(person)") { () throws(CorruptRecord) in
                try PersonCodec.decode(bytes, id: person.id)
            }
        }
        for (person, bytes) in try fields(people, replies[5]) {
            snapshot.preferences[person] = try reading("the preferences of \(person)") { () throws(CorruptRecord) in
                try PersonCodec.decodeChoice(bytes)
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
    /// - Parameter cursors: where the partitions' cursors go; those that are not named stay.
    package func transaction(on snapshot: Snapshot, cursors: [LogPartition: Cursor]) -> RedisPipeline {
        var after = snapshot
        var changedTargets: Set<TenantScoped> = []
        var changedPeople: Set<TenantScoped> = []
        let revision = snapshot.revision + 1
        let applied = Dictionary(
            zip(partitions, snapshot.cursors).map { ($0, $1?.next ?? 0) },
            uniquingKeysWith: { first, _ in first }
        )
        for change in changes where change.offset >= applied[change.partition] ?? 0 {
            switch change.event.change {
            case .target(let id, let change_):
                let key = TenantScoped(tenant: change.event.tenant, id: id)
                if after.apply(change_, to: key, revision: revision) { changedTargets.insert(key) }
            case .person(let id, let change_):
                let key = TenantScoped(tenant: change.event.tenant, id: id)
                after.apply(change_, to: key)
                changedPeople.insert(key)
            case .order: break
            }
        }

        var pipeline = RedisPipeline()
        pipeline.append(RedisCommand("MULTI"))
        for target in changedTargets { append(target, after, revision: revision, to: &pipeline) }
        if !changedTargets.isEmpty {
            pipeline.append(RedisCommand("SET", keys.revision(shard: 0), String(revision)))
        }
        for person in changedPeople { append(person, after, to: &pipeline) }
        let renamed = changedPeople.filter { snapshot.people[$0]?.name != after.people[$0]?.name }
        let announcement = Announcement(targets: Array(changedTargets), people: Array(renamed))
        if let publish = announcement.command(shard: 0, keys: keys) { pipeline.append(publish) }
        for (partition, cursor) in cursors {
            pipeline.append(RedisCommand("SET", keys.cursor(partition, shard: 0), cursor.description))
        }
        pipeline.append(RedisCommand("EXEC"))
        return pipeline
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
            pipeline.append(RedisCommand("HSET", keys.counting, target.description, job.description))
        }
    }

    private func append(_ person: TenantScoped, _ snapshot: Snapshot, to pipeline: inout RedisPipeline) {
        func write(_ key: String, _ bytes: [UInt8]?) {
            var command = RedisCommand(bytes == nil ? "HDEL" : "HSET", key, person.description)
            if let bytes { command.append(bytes) }
            pipeline.append(command)
        }
        write(keys.people, snapshot.people[person].map(PersonCodec.encode))
        write(keys.preferences, snapshot.preferences[person].map { PersonCodec.encode($0.choice, version: $0.version) })
    }
}

extension CatalogBatch.Snapshot {
    /// - Returns: false when the change is stale or changes nothing.
    fileprivate mutating func apply(_ change: TargetChange, to key: TenantScoped, revision: Int64) -> Bool {
        let old = records[key]
        if let version = change.version, let highest = old?.version, version <= highest { return false }
        let version = change.version ?? old?.version
        var new = CatalogRecord(target: nil, version: version, countsFrom: old?.countsFrom ?? revision)
        if case .saved(let target) = change { new.target = target.with(version: version) }
        let counted = old?.target.map { ($0.assignees, $0.period) }
        let counts = new.target.map { ($0.assignees, $0.period) }
        if counted?.0 != counts?.0 || counted?.1 != counts?.1 {
            new.countsFrom = revision
            var job = jobs[key] ?? CountingJob(target: nil, stale: [])
            if let old, old.target?.isShared == true, old.countsFrom != revision { job.stale.insert(old.countsFrom) }
            job.target = new.target?.isShared == true ? revision : nil
            jobs[key] = job.isNothing ? nil : job
        }
        records[key] = new
        return new != old
    }

    fileprivate mutating func apply(_ change: PersonChange, to key: TenantScoped) {
        func isStale(_ version: Int64?, _ highest: Int64??) -> Bool {
            guard let version, let highest = highest ?? nil else { return false }
            return version <= highest
        }
        switch change {
        case .saved(var person):
            guard !isStale(person.version, people[key]?.version) else { return }
            person.version = person.version ?? people[key]?.version
            people[key] = person
        case .preferred(let choice, let version):
            guard !isStale(version, preferences[key]?.version) else { return }
            preferences[key] = (choice, version ?? preferences[key]?.version)
        case .deleted:
            people[key] = nil
            preferences[key] = nil
        }
    }
}
