internal import Concurrency
internal import Events
internal import Ledger
internal import Log
internal import Redis
internal import SalesRules

/// Recomputes everything that is in Redis and compares it, while the workers continue: the entries from the log, and the
/// numbers from the entries.
///
/// The comparison is exact: each part is read together with the cursors of its shard, and the log is folded up to exactly
/// these cursors before the part is compared.
package actor Verifier {
    private let settings: OperationsSettings
    private let source: Source
    private let folder: String
    private let report: @Sendable (Difference) -> Void
    private let progress: @Sendable (VerifyProgress) -> Void
    private let thread = EventLoopThread()
    private let stop = StopFlag()
    private let consumer: any BlockingLogConsumer
    private var catalogs = Catalogs()
    var summary = VerifySummary()

    nonisolated package var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// Where the expected entries come from.
    package enum Source: Sendable {
        /// From the beginning of the log.
        case log
        /// From Redis, without a check; the log is read from their cursors.
        case entries
    }

    /// - Parameters:
    ///   - source: where the expected entries come from.
    ///   - folder: the folder for a temporary file, of about 250 bytes for each order.
    ///   - report: called with each difference as soon as it is found.
    package init(
        _ settings: OperationsSettings,
        source: Source,
        folder: String,
        report: @escaping @Sendable (Difference) -> Void,
        progress: @escaping @Sendable (VerifyProgress) -> Void
    ) throws {
        self.settings = settings
        self.source = source
        self.folder = folder
        self.report = report
        self.progress = progress
        consumer = try settings.log.consumer(group: nil, member: 0)
    }

    /// Ends the verification; ``run()`` then throws `CancellationError`.
    nonisolated package func cancel() { stop.set() }

    /// Compares everything once.
    /// - Throws: why the comparison could not be done.
    package func run() async throws -> VerifySummary {
        defer {
            consumer.close(timeoutMilliseconds: 5_000)
            thread.finish()
        }
        let bounds = try await LogEnds.watermarks(of: settings.topics, in: settings.log)
        let connection = try await thread.connect(to: settings.redis)
        defer { connection.closeNow() }
        try await Admission.checkFitness(connection)
        try await checkSettings(over: connection)
        let catalogTopics = settings.topics.catalog
        let partitions = bounds.keys.filter { source == .log || !catalogTopics.contains($0.topic) }
            .sorted()
        let fold = try LogFold(
            partitions: partitions,
            known: Set(bounds.keys),
            catalogTopics: catalogTopics,
            settings: settings.ledger,
            folder: folder
        )
        let reader = LogReader(
            consumer,
            decoder: EventDecoder(settings.events),
            topics: settings.topics.byName,
            fold: fold
        )
        let pass = Pass(connection: connection, fold: fold, reader: reader)
        try await compareView(pass)
        do {
            try await compare(pass, bounds)
        } catch LedgerError.corrupt(let record) {
            // Without a catalog nothing else can be compared.
            found([Difference(.settings, record.place, record.reason)])
            summary.notes.append("the catalog in Redis cannot be read, so that the rest was not compared")
        }
        summary.records = partitions.indices.reduce(0) { $0 + Int(fold.position($1)) }
        summary.orders = fold.orders.reduce(0) { $0 + $1.count }
        return summary
    }

    private func compare(_ pass: Pass, _ bounds: [TopicPartition: Watermarks]) async throws {
        if source == .log {
            for (partition, bound) in bounds where bound.low > 0 {
                summary.notes.append(
                    "\(partition) begins at \(bound.low): the events before were deleted, so their orders differ. "
                        + "With --from-entries the entries are not compared with the log"
                )
            }
            try await readLog(pass, bounds)
            try await compareCatalog(pass)
        } else {
            try await loadEntries(pass)
        }
        try await compareEntries(pass)
        try findDays(pass)
        try await compareDays(pass)
        try await compareOverlaps(pass)
        try await lookForForeignKeys(pass)
    }

    /// Compares what says which log and which view the numbers are of.
    private func compareView(_ pass: Pass) async throws {
        let cluster = try consumer.clusterId(timeoutMilliseconds: 5_000)
        let check = ViewCheck(cluster: cluster, settings: settings.ledger)
        found(check.differences(try await pass.connection.snapshot(check.commands)))
    }

    /// What one run works with.
    struct Pass {
        let connection: RedisConnection
        let fold: LogFold
        let reader: LogReader

        var shards: Range<Int> { 0..<fold.orders.count }
    }

    var keys: KeySpace { settings.ledger.keys }
    var ledger: LedgerSettings { settings.ledger }
    var targets: [(key: TenantScoped, entry: CatalogTarget)] {
        catalogs.byTenant.flatMap { tenant, catalog in
            catalog.targets.map { (TenantScoped(tenant: tenant, id: $0.target.id), $0) }
        }
    }

    func found(_ differences: [Difference]) {
        for difference in differences {
            summary.differences += 1
            report(difference)
        }
    }

    func show(_ phase: VerifyProgress.Phase, _ done: Int, of total: Int) {
        progress(VerifyProgress(phase: phase, done: done, total: total))
    }

    /// Reads a part of one shard together with a ``VerifySnapshot``, and folds the log up to its cursors.
    /// - Parameter reads: whether to read the log up to the cursors; if not, the cursors are only set.
    func observe(
        _ shard: Int,
        _ commands: [RedisCommand],
        _ pass: Pass,
        reads: Bool = true
    ) async throws -> (state: VerifySnapshot, replies: ArraySlice<RedisValue>) {
        let fixed = VerifySnapshot.commands(shard: shard, partitions: pass.fold.partitions, keys: keys)
        for _ in 0..<1_000 {
            if stop.isSet { throw CancellationError() }
            let replies = try await pass.connection.snapshot(fixed + commands)
            let read = replies.prefix(fixed.count)
            guard let state = try VerifySnapshot(read, partitions: pass.fold.partitions, catalogs: catalogs) else {
                var catalogs = self.catalogs
                try await catalogs.refresh(from: pass.connection, keys: keys)
                self.catalogs = catalogs
                continue
            }
            for (place, cursor) in state.cursors.enumerated() {
                if let cursor { pass.reader.expect(cursor, of: place) }
            }
            pass.fold.passOver(state.refused, shard: shard)
            try pass.fold.advance(shard: shard, to: state.cursors.map { $0?.next ?? 0 })
            if reads { try catchUp(pass) }
            return (state, replies.dropFirst(fixed.count))
        }
        throw LedgerError.catalogChanged
    }

    func catchUp(_ pass: Pass, progress: () -> Void = {}) throws {
        try pass.reader.catchUp(unless: stop, progress: progress)
        found(pass.reader.takeFaults().map { Difference.cursor($0.0, $0.1) })
    }

    private func checkSettings(over connection: RedisConnection) async throws {
        for shard in 0..<keys.shards {
            let reply = try await connection.snapshot([RedisCommand("GET", keys.settings(shard: shard))])[0]
            try ledger.check(stored: reply.isNull ? nil : try reply.requireBytes())
        }
    }

    private func readLog(_ pass: Pass, _ bounds: [TopicPartition: Watermarks]) async throws {
        for shard in pass.shards { _ = try await observe(shard, [], pass, reads: false) }
        let fold = pass.fold
        let start = fold.partitions.enumerated().reduce(Int64(0)) { sum, item in
            sum + min(bounds[item.element]?.low ?? 0, fold.highestCursor(item.offset))
        }
        let total = fold.partitions.indices.reduce(Int64(0)) { $0 + fold.highestCursor($1) } - start
        var done = 0
        try catchUp(pass) {
            done += 1
            if done % 256 == 0 { show(.log, min(done, Int(total)), of: Int(total)) }
        }
        show(.log, Int(total), of: Int(total))
    }

    private func findDays(_ pass: Pass) throws {
        let total = pass.fold.orders.reduce(0) { $0 + $1.count }
        var before = 0
        for shard in pass.shards {
            let orders = pass.fold.orders[shard]
            try orders.findDays { show(.orders, before + $0, of: total) }
            before += orders.count
        }
        show(.orders, total, of: total)
    }
}

/// The progress of a verification.
package struct VerifyProgress: Sendable {
    /// The current phase.
    package let phase: Phase
    /// How much of the phase is done.
    package let done: Int
    /// How much work the phase has, as far as is known.
    package let total: Int

    package enum Phase: String, Sendable {
        case log = "log      "
        case catalog = "targets  "
        case entries = "entries  "
        case orders = "orders   "
        case days = "days     "
        case overlaps = "overlaps "
        case keys = "keys     "
    }
}

/// What a verification compared.
package struct VerifySummary: Sendable {
    /// The number of records of the log.
    package var records = 0
    /// The number of orders.
    package var orders = 0
    /// The number of people's days, each with its tally and its list of orders.
    package var days = 0
    /// The number of targets, people and preferences.
    package var catalog = 0
    /// The number of overlaps: one for each shared target in each shard.
    package var overlaps = 0
    /// The number of keys in Redis.
    package var keys = 0
    /// The number of keys of other programs, which were not compared.
    package var otherKeys = 0
    /// The number of differences.
    package var differences = 0
    /// Shared targets that could not be compared, because they were being backfilled or changed too often.
    package var unsettled: [String] = []
    /// One sentence for each fact that an operator should know.
    package var notes: [String] = []
}
