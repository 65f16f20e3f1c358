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

/// The program as it is run: a broker, a Redis behind a proxy, three workers and a server, each a process of its own
/// that ends with ours.
final class Testbed: Sendable {
    let folder: URL
    let program: URL
    let configuration: RedisConfiguration
    let site: ProgramSite
    let broker: BrokerProcess
    let proxy: Proxy
    let workers: [WorkerSlot]
    private let state: Mutex<State>

    private struct State {
        var redis: RedisInstance
        var redisCount = 1
        var server: ChildProcess?
        var snapshots: [URL] = []
        /// What of the log a broker that was killed may have lost, and what a producer may have written twice.
        var isLogShaken = false
        var isLogCut = false
    }

    /// Starts all of it.
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
        let site = ProgramSite(
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
        _ site: ProgramSite,
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
        // A broker that is killed must not lose the topics.
        let saved = broker.directory.appending(path: "kafka.json")
        try await Patience.wait(10, for: "the broker to save the topics") {
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
        try await Patience.wait(20, for: "the server to serve") { self.client != nil }
    }

    /// Ends all of it.
    /// - Parameter keepsFolder: whether logs and data are left for somebody to look at.
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

    /// All partitions that are read.
    var partitions: [TopicPartition] {
        site.topics.byName.keys.sorted().flatMap { topic in
            (0..<Self.partitionsOfTopic).map { TopicPartition(topic: topic, partition: $0) }
        }
    }

    var redis: RedisInstance { state.withLock(\.redis) }
    var serverLog: URL { folder.appending(path: "serve.log") }
    var brokerLog: URL { folder.appending(path: "broker.log") }
    var group: GroupMembers { GroupMembers(port: broker.port, group: "sales-targets") }

    /// Asks the server; nil as long as it does not serve.
    var client: ServerClient? {
        ServerClient(log: (try? String(contentsOf: serverLog, encoding: .utf8)) ?? "")
    }

    /// Another Redis, which does not run yet.
    func makeRedis() throws -> RedisInstance {
        let number = state.withLock { state in
            state.redisCount += 1
            return state.redisCount
        }
        return try RedisInstance(folder: folder.appending(path: "redis-\(number)"), configuration: configuration)
    }

    /// From now on this one is the Redis of the system.
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

    /// What went wrong with workers or the server since the last time.
    func takeProblems() async -> [String] {
        var problems: [String] = []
        for worker in workers { problems += await worker.takeProblems() }
        if state.withLock({ $0.server?.isRunning == false }) { problems.append("the server ended by itself") }
        return problems
    }
}

extension Testbed {
    /// Keeps a copy of the present snapshot, to be put back some time.
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

    /// The log was cut: older snapshots may stand for what is not in it any more.
    func forgetSnapshots() { state.withLock { $0.snapshots = [] } }

    /// A broker went down, so that a producer may have written something twice, or not at all.
    func noteShakenLog(isCut: Bool = false) {
        state.withLock { state in
            state.isLogShaken = true
            if isCut { state.isLogCut = true }
        }
    }

    /// What brokers did to the log since the last time.
    func takeLogState() -> (isShaken: Bool, isCut: Bool) {
        state.withLock { state in
            defer { (state.isLogShaken, state.isLogCut) = (false, false) }
            return (state.isLogShaken, state.isLogCut)
        }
    }
}
