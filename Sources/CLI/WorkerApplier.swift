import Concurrency
import Log
import Logging
import Operations
import Redis
import Synchronization
import Worker

/// Fills the new view of a rebuild, with the same lanes that a worker runs.
struct WorkerApplier: LogApplier {
    let settings: WorkerSettings
    let logger: Logger

    func apply(
        upTo ends: [TopicPartition: Int64],
        to redis: RedisEndpoint,
        deadLettersFrom: [TopicPartition: Int64],
        stop: StopFlag,
        progress: @escaping @Sendable (Int) -> Void
    ) async throws -> Int {
        var settings = settings
        settings.redis = redis
        settings.deadLettersFrom = deadLettersFrom
        settings.restates = false
        let lanes = LaneGroup(settings, logger: logger)
        let counters = lanes.counters
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await lanes.run(upTo: ends) }
            group.addTask {
                while !Task.isCancelled {
                    progress(counters.records.load(ordering: .relaxed))
                    if stop.isSet { lanes.shutDown() }
                    try? await Task.sleep(for: .milliseconds(100))
                }
            }
            defer { lanes.shutDown() }
            try await group.next()
            group.cancelAll()
            while let _ = try await group.next() {}
        }
        return counters.records.load(ordering: .relaxed)
    }
}
