import ArgumentParser
import Ledger
import Logging
import Worker

struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker",
        abstract: "Applies the events in Kafka to the results in Redis.",
        discussion: """
            Start as many workers as you like, on any number of machines. Kafka's consumer group divides the partitions \
            between them. A worker can be stopped or killed at any moment: the next one continues where it stopped.
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var rules: RulesOptions

    @Option(
        help: ArgumentHelp(
            """
            The number of threads, each with its own partitions, \(Settings.laneBounds.lowerBound) to \
            \(Settings.laneBounds.upperBound) (default: \(WorkerSettings.defaultLanes)).
            """,
            valueName: "n"
        )
    )
    var lanes: Int?

    @Option(
        help: ArgumentHelp(
            """
            The largest number of records in one posting, 1 to \(Catalogs.maximumChanges) \
            (default: \(WorkerSettings.defaultBatchSize)).
            """,
            valueName: "n"
        )
    )
    var batchSize: Int?

    @Flag(help: "Apply the records that the topics hold at the start, then exit.")
    var untilCaughtUp = false

    /// Logs every minute what was done, if something was.
    private static func report(_ worker: LaneGroup, to logger: Logger) async {
        var last = worker.counters.description
        while (try? await Task.sleep(for: .seconds(60))) != nil {
            let now = worker.counters.description
            if now != last { logger.info("working", metadata: ["done": "\(now)"]) }
            last = now
        }
    }

    func run() async throws {
        let settings = try common.settings(
            rules.words.merging(["lanes": lanes.map(String.init), "batch-size": batchSize.map(String.init)]) { $1 }
        )
        let logger = common.logger("worker")
        let worker = LaneGroup(try settings.worker, logger: logger)
        let redis = try settings.redis
        logger.info(
            "started",
            metadata: ["kafka": "\(settings.text("kafka-bootstrap-servers"))", "redis": "\(redis)"]
        )
        let operations = try settings.operations
        try await UntilSignal.run {
            let reports = Task { await Self.report(worker, to: logger) }
            defer { reports.cancel() }
            async let check: Void = PartitionerCheck.run(operations, logger: logger)
            if untilCaughtUp {
                try await worker.runUntilCaughtUp()
                await check
            } else {
                try await worker.run()
            }
            logger.info("stopped", metadata: ["done": "\(worker.counters.description)"])
        } onSignal: {
            logger.info("stopping: the worker finishes the batches that it has begun")
            worker.shutDown()
        }
    }
}
