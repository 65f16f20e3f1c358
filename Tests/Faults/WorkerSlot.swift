import Foundation
import LocalServers
import Redis
import Synchronization
import TestSupport

/// Runs one worker at a time under one name. All its workers write into the same log file.
actor WorkerSlot {
    nonisolated let name: String
    nonisolated let log: URL
    private let program: URL
    private let arguments: [String]
    private let environment: [String: String]
    private var process: ChildProcess?
    private var problems: [String] = []
    /// The size of the log before the present worker started.
    private var startSize: UInt64 = 0

    /// - Parameter isStatic: whether the workers are static members of the group, so that a new one replaces the former
    ///   one at once. The test broker does not notice that a member is gone.
    init(_ name: String, program: URL, folder: URL, environment: [String: String], isStatic: Bool) {
        self.name = name
        self.program = program
        log = folder.appending(path: "\(name).log")
        arguments = ["worker"] + (isStatic ? ["--kafka", "group.instance.id=\(name)"] : [])
        // The test identifies group members by this client id.
        self.environment = environment.merging(["SALESTARGETS_KAFKA_CLIENT_ID": name]) { $1 }
    }

    func start() async throws {
        startSize = logSize
        let started = ChildProcess([program.path] + arguments, environment: environment, log: log.path)
        try await started.waitUntilStarted()
        process = started
    }

    /// Kills the worker with SIGKILL.
    func kill() async throws { _ = try await end(SIGKILL, within: 5) }

    /// Stops the worker with SIGTERM.
    func stop() async throws {
        let code = try await end(SIGTERM, within: 30)
        if let code, code != 0, code != 143 { problems.append("\(name) ended with \(code) after SIGTERM") }
    }

    /// Waits until the worker ends without a signal.
    /// - Returns: its exit code; nil when it did not end in time and was killed.
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
            problems.append("\(name) did not end within \(seconds) s after signal \(signal)")
            return nil
        }
    }

    func signal(_ number: Int32) { process?.signal(number) }

    /// The problems of its workers since the last call, including a worker that ended unexpectedly.
    ///
    /// A worker that the group has fenced, because another one took its place, ends with a fatal error of its Kafka
    /// client. It is started again, as a service manager does.
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

    /// The size of the log, in bytes.
    nonisolated var logSize: UInt64 {
        let attributes = try? FileManager.default.attributesOfItem(atPath: log.path)
        return attributes?[.size] as? UInt64 ?? 0
    }

    /// The log from this size on.
    nonisolated func logged(since size: UInt64) -> String {
        guard let handle = try? FileHandle(forReadingFrom: log) else { return "" }
        defer { try? handle.close() }
        try? handle.seek(toOffset: size)
        return String(decoding: (try? handle.readToEnd()) ?? Data(), as: UTF8.self)
    }
}
