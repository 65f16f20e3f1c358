import Foundation
import Kafka
import LocalServers
import Redis
import Server
import Synchronization
import TestSupport

/// A broker and a Redis for one measurement. It runs commands of the program against them.
final class Cluster: Sendable {
    /// The address of the broker.
    let bootstrapServers: String
    /// Nil if the caller has started the broker.
    private let broker: BrokerProcess?
    private let kafka: [String: String]
    let redis: RedisServerProcess
    private let program: URL
    private let folder: URL
    private let started = Mutex<[Process]>([])

    private init(program: URL, brokerAt servers: String?) async throws {
        self.program = program
        if let servers {
            (broker, bootstrapServers) = (nil, servers)
            // The embedded broker does not answer a waiting fetch when a record arrives.
            kafka = ["SALESTARGETS_KAFKA_FETCH_WAIT_MAX_MS": "10", "SALESTARGETS_KAFKA_SESSION_TIMEOUT_MS": "6000"]
        } else {
            let broker = try BrokerProcess()
            (self.broker, bootstrapServers) = (broker, broker.bootstrapServers)
            // The test broker ignores the requested size of a fetch and can send a whole backlog.
            kafka = ["SALESTARGETS_KAFKA_RECEIVE_MESSAGE_MAX_BYTES": "2147483647"]
        }
        folder = FileManager.default.temporaryDirectory.appending(path: "bench-\(UUID().uuidString.prefix(8))")
        redis = try await RedisServerProcess.start(folder: folder.path)
    }

    /// Calls `measure` with a cluster with empty topics. Afterwards stops everything that was started, also after an error.
    /// - Parameter servers: the address of a broker that has the topics; nil to start one.
    static func run<Result>(
        _ program: URL,
        partitions: Int32,
        brokerAt servers: String? = nil,
        _ measure: (Cluster) async throws -> Result
    ) async throws -> Result {
        let cluster = try await Cluster(program: program, brokerAt: servers)
        do {
            if servers == nil { try cluster.run("topics", "create", "--partitions", "\(partitions)") }
            let result = try await measure(cluster)
            await cluster.end()
            return result
        } catch {
            await cluster.end()
            throw error
        }
    }

    private func end() async {
        for process in started.withLock({ $0.reversed() }) where process.isRunning {
            process.terminate()
            process.waitUntilExit()
        }
        await redis.stop()
        broker?.stop()
        try? FileManager.default.removeItem(at: folder)
    }

    private var environment: [String: String] {
        ProcessInfo.processInfo.environment.merging([
            "SALESTARGETS_KAFKA_BOOTSTRAP_SERVERS": bootstrapServers,
            "SALESTARGETS_REDIS_URL": redis.url,
            "SALESTARGETS_AUTH_SECRET": Self.secret,
        ]) { $1 }.merging(kafka) { $1 }
    }

    private static let secret = "a secret that is only good for measurements"

    /// Starts a server on a random port.
    func serve() throws -> (port: Int, process: Process) {
        let port = 20_000 + Int.random(in: 0..<20_000)
        return (port, try start("serve", "--http-port", "\(port)", "--log-level", "warning"))
    }

    /// A token of a manager for the server.
    static func token(_ person: String = "u-boss") async throws -> String {
        try await TokenSigner(secret: Array(secret.utf8)).token(
            subject: person,
            role: .manager,
            tenant: nil,
            name: nil,
            expiresIn: .seconds(3_600)
        )
    }

    /// Starts a command; its standard output is not shown.
    func start(_ arguments: String...) throws -> Process {
        try start(arguments)
    }

    func start(_ arguments: [String]) throws -> Process {
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        process.environment = environment
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        started.withLock { $0.append(process) }
        return process
    }

    /// Runs a command to its end.
    /// - Returns: its CPU time in seconds.
    @discardableResult
    func run(_ arguments: String...) throws -> Double {
        let before = Self.childCPU()
        let process = try start(arguments)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(description: "\(arguments.joined(separator: " ")) ended with \(process.terminationStatus)")
        }
        return Self.childCPU() - before
    }

    private static func childCPU() -> Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_CHILDREN.rawValue), &usage)
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }

    struct Failure: Error, CustomStringConvertible { let description: String }
}
