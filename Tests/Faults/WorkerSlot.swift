import Foundation
import LocalServers
import Redis
import Synchronization
import TestSupport

/// A place for a worker: one runs in it at a time, and all of them write into one log.
actor WorkerSlot {
    nonisolated let name: String
    nonisolated let log: URL
    private let program: URL
    private let arguments: [String]
    private let environment: [String: String]
    private var process: ChildProcess?
    private var problems: [String] = []
    /// How much was logged before the worker that runs now.
    private var startSize: UInt64 = 0

    /// - Parameter isStatic: whether a worker takes the place of the one before it in the group, at once: the test
    ///   broker does not notice by itself that a member is gone.
    init(_ name: String, program: URL, folder: URL, environment: [String: String], isStatic: Bool) {
        self.name = name
        self.program = program
        log = folder.appending(path: "\(name).log")
        arguments = ["worker"] + (isStatic ? ["--kafka", "group.instance.id=\(name)"] : [])
        // By this the test tells its members of the group.
        self.environment = environment.merging(["SALESTARGETS_KAFKA_CLIENT_ID": name]) { $1 }
    }

    func start() async throws {
        startSize = logSize
        let started = ChildProcess([program.path] + arguments, environment: environment, log: log.path)
        try await started.waitUntilStarted()
        process = started
    }

    /// Kills the worker, without a warning.
    func kill() async throws { _ = try await end(SIGKILL, within: 5) }

    /// Asks the worker to end.
    func stop() async throws {
        let code = try await end(SIGTERM, within: 30)
        if let code, code != 0, code != 143 { problems.append("\(name) ended with \(code) when it was asked to end") }
    }

    /// Waits until the worker ends by itself.
    /// - Returns: its exit code; nil when it did not end in time, and was killed.
    func ended(within seconds: Int) async throws -> Int32? {
        defer { process = nil }
        do throws(ChildProcess.Failure) {
            return try await process?.waitUntilEnded(atMost: .seconds(seconds))
        } catch .timeout {
            process?.signal(SIGKILL)
            return nil
        }
    }

    private func end(_ signal: Int32, within seconds: Int) async throws -> Int32? {
        noticeEnd()
        guard let process else { return nil }
        process.signal(signal)
        process.signal(SIGCONT)
        defer { self.process = nil }
        do throws(ChildProcess.Failure) {
            return try await process.waitUntilEnded(atMost: .seconds(seconds))
        } catch .timeout {
            process.signal(SIGKILL)
            problems.append("\(name) did not end within \(seconds) s of being asked to")
            return nil
        }
    }

    func signal(_ number: Int32) { process?.signal(number) }

    /// What went wrong with its workers so far, one that ended by itself among it.
    ///
    /// One that the group has fenced, a zombie whose place was given away, ends with a fatal error of its client, and is
    /// started again, as whoever runs workers does.
    func takeProblems() async -> [String] {
        if let process, !process.isRunning, logged(since: startSize).contains("FENCED_INSTANCE_ID") {
            do {
                try await start()
            } catch {
                problems.append("\(name) does not start: \(error)")
            }
        }
        noticeEnd()
        defer { problems = [] }
        return problems
    }

    private func noticeEnd() {
        if let process, !process.isRunning {
            problems.append("\(name) ended by itself")
            self.process = nil
        }
    }

    /// How much it has logged, in bytes.
    nonisolated var logSize: UInt64 {
        let attributes = try? FileManager.default.attributesOfItem(atPath: log.path)
        return attributes?[.size] as? UInt64 ?? 0
    }

    /// What was logged from a size on.
    nonisolated func logged(since size: UInt64) -> String {
        guard let handle = try? FileHandle(forReadingFrom: log) else { return "" }
        defer { try? handle.close() }
        try? handle.seek(toOffset: size)
        return String(decoding: (try? handle.readToEnd()) ?? Data(), as: UTF8.self)
    }
}
