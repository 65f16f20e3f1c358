import ArgumentParser
import Logging
import Worker

struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker",
        abstract: "Applies the events in Kafka to the results in Redis.",
        discussion: """
            Start as many as you like, on as many machines: Kafka's consumer group shares the partitions. A worker can \
            be stopped or killed at any moment; the next one goes on where it was.
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var rules: RulesOptions

    @Option(
        help: ArgumentHelp(
            "Threads, each with its own partitions (default: \(WorkerSettings.defaultLanes)).",
            valueName: "n"
        )
    )
    var lanes: Int?

    @Option(
        help: ArgumentHelp(
            "The most records in one posting, up to 1,000 (default: \(WorkerSettings.defaultBatchSize)).",
            valueName: "n"
        )
    )
    var batchSize: Int?

    @Flag(help: "Apply what the topics hold now, and exit.")
    var untilCaughtUp = false

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
        try await UntilSignal.run {
            if untilCaughtUp { try await worker.runUntilCaughtUp() } else { try await worker.run() }
            logger.info("stopped", metadata: ["done": "\(worker.counters.description)"])
        } onSignal: {
            logger.info("stopping: what is under way is finished first")
            worker.shutDown()
        }
    }
}
