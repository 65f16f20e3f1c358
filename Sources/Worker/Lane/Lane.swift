internal import Events
internal import Foundation
internal import Kafka
package import Ledger
package import Logging
internal import Redis
internal import SalesRules
internal import Synchronization

/// A thread with its own consumer, Redis connection and partitions: consumes, derives, diffs, posts.
package actor Lane {
    let settings: WorkerSettings
    let mode: Mode
    let counters: WorkerCounters
    let stop: StopFlag
    let logger: Logger
    private let executor: any SerialExecutor
    let log: any LaneLog
    let surroundings: LaneSurroundings
    let topicsByName: [String: Topic]

    /// Good for the view that Redis holds, as everything is that is remembered of it.
    var catalogs = Catalogs()
    var counting = CountingQueue()
    /// What reading of each partition goes on from.
    var positions: [LogPartition: Batch.Position] = [:]
    /// Up to where Redis had applied each of them when it was last known.
    var applied: [LogPartition: Int64] = [:]
    var caughtUp: Set<LogPartition> = []
    var halted: Set<LogPartition> = []
    /// Those of which nobody was told yet, and why.
    var untold: [LogPartition: LogFault] = [:]
    var rebalance: Rebalance?
    private var backoff = Backoff()
    private var nextLook: ContinuousClock.Instant
    private var nextFitCheck: ContinuousClock.Instant
    private var nextLogCheck: ContinuousClock.Instant
    private var hasEntered = false

    nonisolated package var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Where the lane's partitions come from.
    package enum Mode: Sendable {
        /// The consumer group shares them out, for as long as the lane runs.
        case group
        /// These, up to the given ends, and then it is done.
        case upTo([LogPartition: Int64])
    }

    enum Rebalance {
        case assigned([LogPartition])
        case revoked
    }

    /// How often a lane that has nothing to do looks whether Redis still is what it was.
    private static let lookInterval = Duration.seconds(1)
    /// How often it is looked whether Redis still may hold the numbers, and under any load.
    private static let fitCheckInterval = Duration.seconds(10)
    /// How often a log is compared with what was read of it, though nothing points to a change.
    private static let logCheckInterval = Duration.seconds(60)

    /// - Parameters:
    ///   - executor: runs the lane, and may be blocked by it.
    ///   - log: nobody else's from now on.
    package init(
        settings: WorkerSettings,
        mode: Mode,
        executor: any SerialExecutor,
        log: sending any LaneLog,
        surroundings: sending LaneSurroundings,
        counters: WorkerCounters,
        stop: StopFlag,
        logger: Logger
    ) {
        self.settings = settings
        self.mode = mode
        self.executor = executor
        self.log = log
        nextLook = surroundings.now()
        nextFitCheck = surroundings.now() + Self.fitCheckInterval
        nextLogCheck = surroundings.now() + Self.logCheckInterval
        self.surroundings = surroundings
        self.counters = counters
        self.stop = stop
        self.logger = logger
        topicsByName = settings.topics.byName
    }

    /// Runs until it is told to stop, has applied what it was given, or cannot go on.
    /// - Throws: what a person has to look at; what passes by itself is waited for.
    package func run() async throws {
        defer { log.close(timeoutMilliseconds: 5_000) }
        switch mode {
        case .group: try log.subscribe(to: Array(topicsByName.keys))
        case .upTo(let ends): rebalance = .assigned(Array(ends.keys))
        }
        while !isDone {
            do {
                let connection = try await connect()
                defer { connection.closeNow() }
                try await serve(over: connection)
            } catch let error as LedgerError where isPassing(error) {
                if stop.isSet { return }
                counters.reconnects.add(1, ordering: .relaxed)
                logger.warning("cannot go on with this Redis, trying again", metadata: ["error": "\(error)"])
                await stop.wait(backoff.next(surroundings.random), surroundings.sleep)
            }
        }
    }

    /// A server that was fit once may be so again: a primary that was demoted comes back, or another in its place.
    private func isPassing(_ error: LedgerError) -> Bool {
        if case .unfit = error { return hasEntered }
        return error.isPassing
    }

    private var isDone: Bool {
        if stop.isSet { return true }
        guard case .upTo(let ends) = mode, rebalance == nil else { return false }
        return ends.allSatisfy { partition, end in
            halted.contains(partition) || caughtUp.contains(partition) || positions[partition]?.next ?? 0 >= end
        }
    }

    private func connect() async throws -> any PostingLink {
        do {
            return try await surroundings.connect()
        } catch let error as RedisError {
            throw LedgerError.redis(error)
        }
    }

    /// Applies what comes, over one connection.
    private func serve(over connection: any PostingLink) async throws {
        try await enter(over: connection)
        if !positions.isEmpty { try await assign(Array(positions.keys), over: connection) }
        var pipeline = Pipeline(connection: connection, settings: settings.ledger)
        var catalogUnit: CatalogUnit?
        while true {
            let isCountingDue = countsEarlierOrders && counting.isDue
            let isCheckDue = !untold.isEmpty || surroundings.now() >= nextFitCheck
            let wantsQuiet = rebalance != nil || catalogUnit != nil || isCheckDue || isCountingDue
            checkLogsNowAndThen()
            if !wantsQuiet, !isDone {
                let batch = try await collect(waiting: pipeline.isIdle && (counting.isEmpty || !countsEarlierOrders))
                counters.records.add(batch.count, ordering: .relaxed)
                catalogUnit = batch.catalogUnit()
                pipeline.append(batch.units())
            }
            if !pipeline.isIdle {
                try await turn(&pipeline, over: connection)
                continue
            }
            if let unit = catalogUnit {
                try await apply(unit, over: connection)
                catalogUnit = nil
            } else if let change = rebalance {
                try await follow(change, over: connection)
                // Not before: when Redis is away just now, it has to be followed on the next connection.
                rebalance = nil
            } else if isDone {
                return
            } else if countsEarlierOrders {
                try await count(over: connection)
            }
            try await lookAround(over: connection)
        }
    }

    /// Comes in through the door; what is remembered of another view than it leads to is forgotten.
    private func enter(over connection: any PostingLink) async throws(LedgerError) {
        let view = try await LedgerDoor.enter(connection, settings.ledger, pause: surroundings.sleep)
        hasEntered = true
        if view != catalogs.view {
            catalogs = Catalogs(view: view)
            counting = CountingQueue()
        }
        try await refreshCatalogs(from: connection)
    }

    private func turn(_ pipeline: inout Pipeline, over connection: any PostingLink) async throws {
        switch try await pipeline.turn(catalogs: catalogs, putAside: putAside) {
        case .underWay: break
        case .lostRace: counters.lostRaces.add(1, ordering: .relaxed)
        case .applied(let unit):
            counting.noteApplied()
            if unit.isLast { noteApplied(unit.stretches) }
        case .needsCatalog: try await refreshCatalogs(from: connection)
        }
    }

    func noteApplied(_ stretches: [WorkUnit.Stretch]) {
        counters.postings.add(1, ordering: .relaxed)
        backoff.reset()
        for stretch in stretches {
            applied[stretch.partition] = max(applied[stretch.partition] ?? 0, stretch.cursor.next)
        }
        commit(stretches)
    }

    /// - Throws: ``LedgerError/otherView``, and whatever was known of the targets is forgotten then.
    func refreshCatalogs(from connection: any PostingLink) async throws(LedgerError) {
        let (view, revision) = (catalogs.view, catalogs.revision)
        var catalogs = self.catalogs
        self.catalogs = Catalogs()
        defer { if catalogs.view == view { self.catalogs = catalogs } }
        try await catalogs.refresh(from: connection, keys: settings.ledger.keys)
        if catalogs.view != view { throw .otherView }
        // Whoever changed the targets may leave it to us to count earlier orders in.
        if catalogs.revision != revision { counting.lookForJobs() }
    }

    /// A topic may be made anew under a lane that notices nothing.
    private func checkLogsNowAndThen() {
        let now = surroundings.now()
        guard now >= nextLogCheck else { return }
        nextLogCheck = now + Self.logCheckInterval
        log.checkLogs()
    }

    /// Tells what a person has to know, and looks for what nobody tells: that Redis was emptied, or that another worker
    /// changed targets and left orders to be counted.
    private func lookAround(over connection: any PostingLink) async throws {
        for (partition, fault) in untold {
            let now = Int64(Date().timeIntervalSince1970)
            try await StoppedPartitions.note(
                partition,
                "\(fault)",
                at: now,
                over: connection,
                keys: settings.ledger.keys
            )
            untold[partition] = nil
        }
        let now = surroundings.now()
        guard now >= min(nextLook, nextFitCheck) else { return }
        nextLook = now + Self.lookInterval
        try await refreshCatalogs(from: connection)
        backoff.reset()
        guard now >= nextFitCheck else { return }
        nextFitCheck = now + Self.fitCheckInterval
        try await LedgerDoor.check(connection)
    }

    /// The lane that has this partition counts earlier orders into new targets.
    private var countsEarlierOrders: Bool {
        positions.keys.contains(LogPartition(topic: settings.topics[.targets], partition: 0))
    }

    private func count(over connection: any PostingLink) async throws {
        var counting = self.counting
        defer { self.counting = counting }
        do throws(LedgerError) {
            try await counting.step(on: connection, settings: settings.ledger, catalogs: catalogs)
        } catch {
            guard case .catalogMoved = error else { throw error }
            try await refreshCatalogs(from: connection)
        }
    }
}
