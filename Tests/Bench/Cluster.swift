import Foundation
import Kafka
import Redis
import TestSupport

/// A broker and a Redis for one measurement, and the program's commands run against them.
struct Cluster {
    let broker: BrokerProcess
    let redis: RedisServerProcess
    let program: URL
    private let folder: URL

    init(program: URL, partitions: Int32) async throws {
        self.program = program
        folder = FileManager.default.temporaryDirectory.appending(path: "bench-\(UUID().uuidString.prefix(8))")
        broker = try BrokerProcess()
        redis = try await RedisServerProcess.start(folder: folder.path)
        try run("topics", "create", "--partitions", "\(partitions)")
    }

    func end() async {
        await redis.stop()
        broker.stop()
        try? FileManager.default.removeItem(at: folder)
    }

    private var environment: [String: String] {
        ProcessInfo.processInfo.environment.merging([
            "SALESTARGETS_KAFKA_BOOTSTRAP_SERVERS": broker.bootstrapServers,
            "SALESTARGETS_REDIS_URL": redis.url,
            "SALESTARGETS_AUTH_SECRET": Self.secret,
            // The test broker sends whole backlogs, whatever size was asked for.
            "SALESTARGETS_KAFKA_RECEIVE_MESSAGE_MAX_BYTES": "2147483647",
        ]) { $1 }
    }

    static let secret = "a secret that is only good for measurements"

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
        return process
    }

    /// Runs a command to its end.
    /// - Returns: the CPU time it took, in seconds.
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
