import Concurrency
import Log
import Logging
import Operations

/// Warns at the start if other programs write to other partitions (``KeyPlacement``). It never delays or ends the work.
enum PartitionerCheck {
    /// Returns early when the task is cancelled.
    static func run(_ settings: OperationsSettings, logger: Logger) async {
        let stop = StopFlag()
        await withTaskCancellationHandler {
            do {
                for problem in try await KeyPlacement.problems(settings, unless: stop) {
                    logger.warning("\(problem)")
                }
            } catch {
                // Who needs the log reports the same error in its own words.
                logger.info("the partitions of keys were not compared", metadata: ["error": "\(error)"])
            }
        } onCancel: {
            stop.set()
        }
    }
}
