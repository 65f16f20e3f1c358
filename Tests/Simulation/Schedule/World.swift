import Concurrency
import Events
import Kafka
package import Ledger
import Log
import Logging
package import Model
import Redis
import SalesRules
import Worker

// Unchecked: a schedule runs on one thread from beginning to end. Its executor runs everything that refers to the world,
// including the closures of the lanes, on that thread.
/// The state of a schedule: a log, Redis servers, lanes of production code, and all pipelines and replies in transit. It
/// does nothing by itself.
package final class World: @unchecked Sendable {
    package let settings: LedgerSettings
    private let backfillStep: Int
    package internal(set) var random: SeededGenerator
    package internal(set) var log: SimulatedLog
    /// The primary, and the server that was or will be primary.
    var servers: [SimulatedRedis]
    /// The index of the server to which new connections lead.
    var primary = 0
    /// Copies of Redis at earlier moments, the latest last.
    var snapshots: [SimulatedRedis] = []
    /// The latest transaction; a torn file may hold its first half.
    var latestTransaction: RedisPipeline?
    /// The half transaction in a torn file that was not rewritten since.
    var torn: TornTransaction?
    var workers: [Int: SimulatedWorker] = [:]
    var connections: [Int: Connection] = [:]
    /// Lanes that wait for records or for time to pass.
    var suspendedLanes: [(worker: Int, continuation: UnsafeContinuation<Void, Never>)] = []
    /// Workers that ended with an error.
    var ended: [(worker: Int, error: any Error)] = []
    var now = ContinuousClock.now
    /// Records that workers handed over, and that the log does not have yet.
    var lateRecords: [ProducerRecord] = []
    /// A log of what happened, for people; nil when it is not recorded.
    package var trace: [String]?
    private let executor = ManualExecutor()
    private var lastConnection = 0
    private var lastWorker = 0

    struct SimulatedWorker {
        let consumer: SimulatedConsumer
        let batchSize: Int
        let stop: StopFlag
        /// Not awaited: it ends when the worker is killed.
        let task: Task<Void, Never>
        /// The number of steps for which it still hangs.
        var paused = 0
    }

    struct TornTransaction {
        let server: Int
        let pipeline: RedisPipeline
        /// The number of its commands in the file.
        let commands: Int
        /// Whether another transaction follows in the file; then Redis loads the half one with it.
        var isFollowed = false
    }

    struct Connection {
        let worker: Int
        let server: Int
        let id: SimulatedRedis.ConnectionID
        /// Sent, but not executed to its end yet.
        var requests: [Request] = []
        /// Executed, but not answered yet.
        var replies: [(values: [RedisValue], completion: RedisCompletion<RedisReplies>)] = []
    }

    struct Request {
        let pipeline: RedisPipeline
        let completion: RedisCompletion<RedisReplies>
        /// The replies to the commands that are executed.
        var values: [RedisValue] = []
        var rest: Int { pipeline.count - values.count }
    }

    init(seed: UInt64, partitions: Int, appendOnly: Bool, settings: LedgerSettings, backfillStep: Int) {
        random = SeededGenerator(seed: seed)
        log = SimulatedLog(partitions: partitions)
        self.settings = settings
        self.backfillStep = backfillStep
        servers = [SimulatedRedis(seed: 1), SimulatedRedis(seed: 2)]
        for place in servers.indices { servers[place].server.appendOnly = appendOnly }
        snapshots = [servers[0]]
    }

    func record(_ what: @autoclosure () -> String) { if trace != nil { trace?.append(what()) } }

    /// Runs all ready tasks.
    func settle() { executor.run() }
}

extension World {
    /// Starts a worker with one lane.
    func startWorker() {
        lastWorker += 1
        let number = lastWorker
        let stop = StopFlag()
        let consumer = SimulatedConsumer(self, worker: number)
        var logger = Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }
        logger.logLevel = .critical
        let dependencies = LaneDependencies(
            connect: { [unowned self] in
                await waitForTurn(of: number)
                return SingleServer<any PostingLink>(try connect(number))
            },
            writeDeadLetters: { _ in },
            restate: { [unowned self] records in try restate(records, by: number) },
            now: { [unowned self] in now },
            sleep: { [unowned self] _ in await waitForTurn(of: number) },
            random: { [unowned self] range in Int64.random(in: range, using: &random) }
        )
        let laneSettings = laneSettings
        let lane = Lane(
            settings: laneSettings,
            mode: .group,
            executor: executor,
            consumer: consumer,
            dependencies: dependencies,
            counters: WorkerCounters(),
            stop: stop,
            logger: logger
        )
        let task = Task(executorPreference: executor.pool) { [unowned self] in
            do {
                try await lane.run()
            } catch {
                ended.append((number, error))
            }
        }
        workers[number] = SimulatedWorker(
            consumer: consumer,
            batchSize: laneSettings.batchSize,
            stop: stop,
            task: task
        )
        settle()
    }

    private var laneSettings: WorkerSettings {
        var settings = WorkerSettings(
            log: KafkaBackend(KafkaConfiguration(bootstrapServers: "")),
            group: "simulation",
            topics: TopicNames(),
            redis: Self.unusedRedis,
            ledger: self.settings,
            events: Self.events,
            lanes: 1,
            batchSize: Int.random(in: 1...8, using: &random)
        )
        settings.backfillStep = backfillStep
        return settings
    }

    // Both are valid constants.
    private static let unusedRedis = try! RedisEndpoint(url: "redis://127.0.0.1:1/0")
    private static let events = try! EventSettings(currency: .euro)

    /// Ends a worker like SIGKILL: it has no effect afterwards.
    func kill(_ number: Int) {
        guard let worker = workers.removeValue(forKey: number) else { return }
        worker.stop.set()
        for connection in connections.filter({ $0.value.worker == number }).keys.sorted() { close(connection) }
        // Resume its waits, so that its task ends. It has no connections any more.
        for place in suspendedLanes.indices.reversed() where suspendedLanes[place].worker == number {
            suspendedLanes.remove(at: place).continuation.resume()
        }
        settle()
    }

    /// Ends all workers and releases all references to the world.
    func end() {
        for number in workers.keys.sorted() { kill(number) }
        executor.pool.end()
    }

    /// Waits until the schedule resumes this worker.
    nonisolated(nonsending) func waitForTurn(of worker: Int) async {
        if workers[worker] == nil { return }
        await withUnsafeContinuation { suspendedLanes.append((worker, $0)) }
    }

    private func connect(_ worker: Int) throws(RedisError) -> any PostingLink {
        guard workers[worker] != nil else { throw .connectionFailed("the worker is dead") }
        lastConnection += 1
        connections[lastConnection] = Connection(
            worker: worker,
            server: primary,
            id: servers[primary].connect()
        )
        return SimulatedLink(self, number: lastConnection)
    }

    func send(_ pipeline: RedisPipeline, _ completion: RedisCompletion<RedisReplies>, over number: Int) {
        guard connections[number] != nil else {
            completion.complete(.failure(.connectionClosed("it was cut")))
            return
        }
        connections[number]?.requests.append(Request(pipeline: pipeline, completion: completion))
    }

    /// Closes a connection. The outcome of pipelines in transit stays unknown to the worker.
    func close(_ number: Int) {
        guard let connection = connections.removeValue(forKey: number) else { return }
        servers[connection.server].close(connection.id)
        for completion in connection.requests.map(\.completion) + connection.replies.map(\.completion) {
            completion.complete(.failure(.connectionClosed("it was cut")))
        }
    }
}
