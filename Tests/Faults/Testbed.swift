import Concurrency
import Events
import Foundation
import Kafka
import Ledger
import LocalServers
import Log
import Redis
import SalesRules
import Synchronization
import TestSupport

/// The complete system: a broker, a Redis behind a proxy, three workers and a server. Each is a separate process that
/// ends with this process.
final class Testbed: Sendable {
    let folder: URL
    let program: URL
    let configuration: RedisConfiguration
    let site: ProgramSettings
    let broker: BrokerProcess
    let proxy: Proxy
    let workers: [WorkerSlot]
    private let state: Mutex<State>

    private struct State {
        var redis: RedisInstance
        var redisCount = 1
        var server: ChildProcess?
        var snapshots: [URL] = []
        /// Whether the log may have duplicated or missing records, and whether it may have lost its end.
        var isLogShaken = false
        var isLogCut = false
    }

    /// Starts all processes.
    static func start(
        _ name: String,
        program: URL,
        configuration: RedisConfiguration,
        settings: (rules: Rules, shards: Int)
    ) async throws -> Testbed {
        let folder = FileManager.default.temporaryDirectory.appending(path: "faults-\(name)")
        try? FileManager.default.removeItem(at: folder)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let broker = try await BlockingThread.run("broker") {
            try BrokerProcess(
                directory: folder.appending(path: "broker"),
                log: folder.appending(path: "broker.log").path
            )
        }
        let redis = try RedisInstance(folder: folder.appending(path: "redis-1"), configuration: configuration)
        try await redis.start()
        let proxy = try await Proxy.start(leadingTo: redis.port)
        let site = ProgramSettings(
            bootstrapServers: broker.bootstrapServers,
            redisURL: "redis://127.0.0.1:\(proxy.port)",
            settings: LedgerSettings(rules: settings.rules, shards: settings.shards)
        )
        let testbed = Testbed(folder, program, configuration, site, broker, proxy, redis)
        do {
            try await testbed.begin()
        } catch {
            await testbed.end()
            throw error
        }
        return testbed
    }

    private init(
        _ folder: URL,
        _ program: URL,
        _ configuration: RedisConfiguration,
        _ site: ProgramSettings,
        _ broker: BrokerProcess,
        _ proxy: Proxy,
        _ redis: RedisInstance
    ) {
        self.folder = folder
        self.program = program
        self.configuration = configuration
        self.site = site
        self.broker = broker
        self.proxy = proxy
        workers = (0..<3).map { number in
            WorkerSlot(
                "worker-\(number)",
                program: program,
                folder: folder,
                environment: site.environment.merging(["SALESTARGETS_LANES": number == 0 ? "2" : "1"]) { $1 },
                isStatic: true
            )
        }
        state = Mutex(State(redis: redis))
    }

    private static let partitionsOfTopic: Int32 = 6

    private func begin() async throws {
        try await site.createTopics(partitions: Self.partitionsOfTopic)
        // Otherwise a killed broker would lose the topics.
        let saved = broker.directory.appending(path: "kafka.json")
        try await Deadline.wait(10, for: "the broker to save the topics") {
            (try? String(contentsOf: saved, encoding: .utf8))?.contains(self.site.topics.deadLetters) == true
        }
        for worker in workers { try await worker.start() }
        let environment = site.environment.merging(ServerClient.environment) { $1 }
        let server = ChildProcess(
            [program.path, "serve", "--http-port", "0"],
            environment: environment,
            log: serverLog.path
        )
        state.withLock { $0.server = server }
        try await Deadline.wait(20, for: "the server to serve") { self.client != nil }
    }

    /// Ends all processes.
    /// - Parameter keepsFolder: whether logs and data are kept for inspection.
    func end(keepsFolder: Bool = false) async {
        for worker in workers { try? await worker.kill() }
        let (server, redis) = state.withLock { ($0.server, $0.redis) }
        server?.signal(SIGKILL)
        await proxy.stop()
        try? await redis.kill()
        let broker = self.broker
        try? await BlockingThread.run("broker") { broker.kill(SIGKILL) }
        if !keepsFolder { try? FileManager.default.removeItem(at: folder) }
    }

    /// All partitions that the workers read.
    var partitions: [TopicPartition] {
        site.topics.byName.keys.sorted().flatMap { topic in
            (0..<Self.partitionsOfTopic).map { TopicPartition(topic: topic, partition: $0) }
        }
    }

    var redis: RedisInstance { state.withLock(\.redis) }
    var serverLog: URL { folder.appending(path: "serve.log") }
    var brokerLog: URL { folder.appending(path: "broker.log") }
    var group: GroupMembers { GroupMembers(port: broker.port, group: "sales-targets") }

    /// A client of the server; nil until the server listens.
    var client: ServerClient? {
        ServerClient(log: (try? String(contentsOf: serverLog, encoding: .utf8)) ?? "")
    }

    /// Another Redis, which is not started yet.
    func makeRedis() throws -> RedisInstance {
        let number = state.withLock { state in
            state.redisCount += 1
            return state.redisCount
        }
        return try RedisInstance(folder: folder.appending(path: "redis-\(number)"), configuration: configuration)
    }

    /// Makes this instance the Redis of the system.
    func use(_ redis: RedisInstance) { state.withLock { $0.redis = redis } }

    /// Runs a command of the program to its end.
    /// - Returns: its exit code and what it printed.
    func run(_ arguments: [String], log: String, within seconds: Int) async throws -> (code: Int32, output: String) {
        let path = folder.appending(path: log)
        try? FileManager.default.removeItem(at: path)
        let command = ChildProcess([program.path] + arguments, environment: site.environment, log: path.path)
        do throws(ChildProcess.Failure) {
            let code = try await command.waitUntilEnded(atMost: .seconds(seconds))
            return (code, (try? String(contentsOf: path, encoding: .utf8)) ?? "")
        } catch {
            command.signal(SIGKILL)
            throw TestbedFailure("\(arguments.joined(separator: " ")) did not end within \(seconds) s")
        }
    }

    /// The problems of workers and server since the last call.
    func takeProblems() async -> [String] {
        var problems: [String] = []
        for worker in workers { problems += await worker.takeProblems() }
        if state.withLock({ $0.server?.isRunning == false }) { problems.append("the server ended by itself") }
        return problems
    }
}

extension Testbed {
    /// Keeps a copy of the present snapshot, for a later start from it.
    func keepSnapshot() async {
        guard configuration == .rdb else { return }
        let redis = self.redis
        let copy = folder.appending(path: "snapshot-\(UUID().uuidString.prefix(8)).rdb")
        if (try? FileManager.default.copyItem(at: redis.snapshot, to: copy)) != nil {
            state.withLock { $0.snapshots.append(copy) }
        }
    }

    /// Copies of snapshots, oldest first.
    var snapshots: [URL] { state.withLock(\.snapshots) }

    /// Removes the snapshots, because they may contain records that the log has lost.
    func forgetSnapshots() { state.withLock { $0.snapshots = [] } }

    /// Notes that a broker went down, so that records may be duplicated or missing.
    func noteShakenLog(isCut: Bool = false) {
        state.withLock { state in
            state.isLogShaken = true
            if isCut { state.isLogCut = true }
        }
    }

    /// The noted state of the log since the last call.
    func takeLogState() -> (isShaken: Bool, isCut: Bool) {
        state.withLock { state in
            defer { (state.isLogShaken, state.isLogCut) = (false, false) }
            return (state.isLogShaken, state.isLogCut)
        }
    }
}
