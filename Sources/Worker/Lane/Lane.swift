package import Concurrency
internal import Events
internal import Ledger
package import Log
package import Logging
internal import Redis
internal import SalesRules
internal import Synchronization

/// A thread with its own consumer, Redis connection and partitions. It reads records, derives orders, and posts the
/// differences.
package actor Lane {
    let settings: WorkerSettings
    let mode: Mode
    let counters: WorkerCounters
    let stop: StopFlag
    let logger: Logger
    private let executor: any SerialExecutor
    let consumer: any LogConsumer
    let dependencies: LaneDependencies
    let topicsByName: [String: Topic]

    /// The targets. Like all that the lane remembers of Redis, they are valid only for one view (``ViewStamp``).
    var catalogs = Catalogs()
    var backfills: BackfillQueue
    /// Where reading of each assigned partition continues.
    var positions: [TopicPartition: StartPosition] = [:]
    /// The last known `next` of each partition's cursor in Redis.
    var applied: [TopicPartition: Int64] = [:]
    var caughtUp: Set<TopicPartition> = []
    /// Stopped partitions that are not written to Redis yet, and the reasons.
    var unreported: [TopicPartition: LogFault] = [:]
    /// Since when the brokers refuse this client for a reason that a person must mend, and the reason.
    var refusal: (since: ContinuousClock.Instant, error: LogError)?
    var rebalance: Rebalance?
    /// Partitions to which records may be owed (``Restatements``).
    var owing: Set<TopicPartition> = []
    /// The earliest time to write what is owed.
    var nextRestating: ContinuousClock.Instant
    private let backoff = Backoff(minimum: .milliseconds(25))
    var failures = 0
    var nextRefresh: ContinuousClock.Instant
    var nextFitnessCheck: ContinuousClock.Instant
    var nextLogCheck: ContinuousClock.Instant
    private var wasAdmitted = false

    nonisolated package var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Where the lane's partitions come from.
    package enum Mode: Sendable {
        /// The consumer group assigns them, for as long as the lane runs.
        case group
        /// The lane reads these partitions at least up to the given offsets and then ends.
        case upTo([TopicPartition: Int64])
    }

    enum Rebalance {
        case assigned([TopicPartition])
        case revoked
    }

    /// How often it is tried to mark a broken view.
    private static let markAttempts = 60

    /// - Parameters:
    ///   - executor: runs the lane, whose calls may block it.
    ///   - consumer: used only by this lane.
    package init(
        settings: WorkerSettings,
        mode: Mode,
        executor: any SerialExecutor,
        consumer: sending any LogConsumer,
        dependencies: sending LaneDependencies,
        counters: WorkerCounters,
        stop: StopFlag,
        logger: Logger
    ) {
        self.settings = settings
        self.mode = mode
        self.executor = executor
        self.consumer = consumer
        backfills = BackfillQueue(stepSize: settings.backfillStep)
        nextRefresh = dependencies.now()
        nextRestating = dependencies.now()
        nextFitnessCheck = dependencies.now() + Self.fitnessInterval
        nextLogCheck = dependencies.now() + Self.logCheckInterval
        self.dependencies = dependencies
        self.counters = counters
        self.stop = stop
        self.logger = logger
        topicsByName = settings.topics.byName
    }

    /// Runs until the stop flag is set, everything up to the given offsets is applied, or the lane cannot continue.
    /// - Throws: an error that an operator must correct. After a temporary error of Redis or Kafka the lane tries
    ///   again.
    package func run() async throws {
        defer { consumer.close(timeoutMilliseconds: 5_000) }
        switch mode {
        case .group: try consumer.subscribe(to: Array(topicsByName.keys))
        case .upTo(let ends): rebalance = .assigned(Array(ends.keys))
        }
        while !stop.isSet {
            do {
                let links = try await connect()
                defer { links.closeNow() }
                return try await process(over: links)
            } catch let error as LedgerError where isTemporary(error) {
                if stop.isSet { return }
                counters.reconnects.add(1, ordering: .relaxed)
                let problem: Logger.Message =
                    if case .otherRecord = error {
                        "the log is not the one that was applied, comparing it again"
                    } else {
                        "Redis cannot be used at the moment, trying again"
                    }
                logger.warning(problem, metadata: ["error": "\(error)"])
                failures = min(failures + 1, 6)
                let pause = backoff.delay(attempt: failures, dependencies.random)
                await stop.wait(pause, dependencies.sleep)
            } catch LedgerError.partialPosting(let reason) {
                await markBroken(reason)
                throw LedgerError.partialPosting(reason)
            }
        }
    }

    /// Marks the view as broken, over a new connection.
    private func markBroken(_ reason: String) async {
        for attempt in 0..<Self.markAttempts where !stop.isSet {
            do {
                let links = try await connect()
                defer { links.closeNow() }
                return try await BrokenView.markPartialPosting(
                    reason,
                    over: links.link(of: 0),
                    settings.ledger.keys
                )
            } catch {
                logger.error("the numbers in Redis are wrong and cannot be marked", metadata: ["error": "\(error)"])
                await stop.wait(backoff.delay(attempt: min(attempt, 6), dependencies.random), dependencies.sleep)
            }
        }
    }

    /// After the first admission an unfit server is a temporary error: a failover may be in progress.
    private func isTemporary(_ error: LedgerError) -> Bool {
        switch error {
        case .unfit, .replica: wasAdmitted
        default: error.isTemporary
        }
    }

    private var isDone: Bool {
        if stop.isSet { return true }
        guard case .upTo(let ends) = mode, rebalance == nil else { return false }
        return ends.allSatisfy { partition, end in
            caughtUp.contains(partition) || positions[partition]?.next ?? 0 >= end
        }
    }

    private func connect() async throws -> any PostingLinks {
        do {
            return try await dependencies.connect()
        } catch let error as RedisError {
            throw LedgerError.redis(error)
        }
    }

    /// Applies records until the lane is done.
    /// - Throws: ``LedgerError`` when the connection breaks or must not be used further.
    private func process(over links: any PostingLinks) async throws {
        let link = links.link(of: 0)
        try await admit(link)
        if !positions.isEmpty { try await assign(Array(positions.keys), over: link) }
        var pipeline = PostingPipeline(links: links, settings: settings.ledger)
        var catalogRead: CatalogRead?
        while true {
            let isBackfillDue = runsBackfills && backfills.isDue
            let isCheckDue = !unreported.isEmpty || dependencies.now() >= nextFitnessCheck
            let mustDrain = rebalance != nil || catalogRead != nil || isCheckDue || isBackfillDue
            checkLogsIfDue()
            if !mustDrain, !isDone, pipeline.isReadyForMore {
                let batch = try await read(waiting: pipeline.isIdle && (backfills.isEmpty || !runsBackfills))
                catalogRead = batch.catalogChange()
                pipeline.append(batch.batches())
            }
            if !pipeline.isIdle {
                try await step(&pipeline, over: link)
                continue
            }
            if let read = catalogRead {
                try await apply(read, over: link)
                catalogRead = nil
            } else if let change = rebalance {
                try await follow(change, over: link)
                // Only now: if Redis fails before this line, the next connection handles the assignment again.
                rebalance = nil
            } else if isDone {
                try await restate(over: links)
                if !stop.isSet { try await checkCursors(over: link) }
                return
            } else if runsBackfills, !backfills.isEmpty {
                try await stepBackfill(over: link)
            } else {
                try await restate(over: links)
            }
            try await checkRedis(over: link)
        }
    }

    /// Admits this lane to Redis. If Redis holds another view, the lane forgets what it remembers of the view before.
    private func admit(_ link: any PostingLink) async throws(LedgerError) {
        let view = try await Admission.admit(link, settings.ledger, pause: dependencies.sleep)
        wasAdmitted = true
        if view != catalogs.view {
            catalogs = Catalogs(view: view)
            backfills = BackfillQueue(stepSize: settings.backfillStep)
        }
        try await refreshCatalogs(from: link)
    }

    private func step(_ pipeline: inout PostingPipeline, over link: any PostingLink) async throws {
        switch try await pipeline.step(catalogs: catalogs, writeDeadLetters: writeDeadLetters) {
        case .inProgress: break
        case .lostRace: counters.lostRaces.add(1, ordering: .relaxed)
        case .applied(let batch):
            backfills.countPosting()
            if batch.owesRecords { owing.formUnion(batch.orders.ranges.map(\.partition)) }
            if batch.isLast { noteApplied(batch.orders.ranges) }
        case .needsCatalog: try await refreshCatalogs(from: link)
        }
    }

    func noteApplied(_ ranges: [OffsetRange]) {
        counters.postings.add(1, ordering: .relaxed)
        failures = 0
        for range in ranges {
            // Not what was read: records of a lost race or a broken connection are read again.
            let new = range.end.next - max(range.start, applied[range.partition] ?? 0)
            counters.records.add(Int(max(0, new)), ordering: .relaxed)
            applied[range.partition] = max(applied[range.partition] ?? 0, range.end.next)
        }
        guard case .group = mode else { return }
        consumer.commit(Dictionary(ranges.map { ($0.partition, $0.end.next) }, uniquingKeysWith: max))
    }

    /// - Throws: ``LedgerError/viewChanged``; the lane then forgets the targets.
    func refreshCatalogs(from link: any PostingLink) async throws(LedgerError) {
        let (view, revision) = (catalogs.view, catalogs.revision)
        var catalogs = self.catalogs
        self.catalogs = Catalogs()
        defer { if catalogs.view == view { self.catalogs = catalogs } }
        try await catalogs.refresh(from: link, keys: settings.ledger.keys)
        if catalogs.view != view { throw .viewChanged }
        // Another worker may have changed the targets and left their backfills to this one.
        if catalogs.revision != revision { backfills.lookForJobs() }
    }

    /// The lane with the first partition of targets runs the backfills.
    private var runsBackfills: Bool {
        positions.keys.contains(TopicPartition(topic: settings.topics[.targets], partition: 0))
    }

    private func stepBackfill(over link: any PostingLink) async throws {
        var backfills = self.backfills
        defer { self.backfills = backfills }
        do throws(LedgerError) {
            try await backfills.step(on: link, settings: settings.ledger, catalogs: catalogs)
        } catch {
            guard case .catalogChanged = error else { throw error }
            try await refreshCatalogs(from: link)
        }
    }
}
