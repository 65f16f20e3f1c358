public import Foundation
import LocalServers
internal import Redis
internal import Synchronization

/// A noida-db broker in a process of its own, on a free port and in a folder of its own. Everything it waits for is
/// bounded; it blocks, and the process ends with this object at the latest.
public final class BrokerProcess: Sendable {
    /// Why there is no broker.
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    /// Where noida-db is: `SALESTARGETS_NOIDA`, or `.tools/noida/noida_db/noida-db` in the package; nil if nowhere.
    public static var executable: URL? {
        let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let candidates = [
            ProcessInfo.processInfo.environment["SALESTARGETS_NOIDA"].map { URL(filePath: $0) },
            package.appending(path: ".tools/noida/noida_db/noida-db"),
        ]
        return candidates.compactMap { $0 }.first { FileManager.default.isExecutableFile(atPath: $0.path) }
    }

    /// Whether tests that need it can run.
    public static var isAvailable: Bool { executable != nil }

    /// The port on 127.0.0.1; the same after `restart`.
    public let port: UInt16
    /// What the broker keeps; removed with this object unless it was given.
    public let directory: URL
    private let isDirectoryOurs: Bool
    private let log: String
    private let process = Mutex<ChildProcess?>(nil)

    /// Where clients connect.
    public var bootstrapServers: String { "127.0.0.1:\(port)" }

    /// Starts a broker and waits until it answers.
    /// - Parameters:
    ///   - directory: nil for one of its own.
    ///   - log: the file that what it prints is added to.
    public init(directory given: URL? = nil, log: String = "/dev/null") throws {
        port = UInt16(try LocalPort.free())
        isDirectoryOurs = given == nil
        directory =
            given
            ?? FileManager.default.temporaryDirectory.appending(path: "salestargets-broker-\(UUID().uuidString)")
        self.log = log
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        try start()
    }

    deinit {
        kill(SIGKILL)
        if isDirectoryOurs { try? FileManager.default.removeItem(at: directory) }
    }

    /// Starts it again on the same port and data, after `stop` or `kill`.
    public func restart() throws {
        stop()
        try start()
    }

    /// Ends it as it wishes to be ended: it saves everything first.
    public func stop(within timeout: Duration = .seconds(15)) {
        end(SIGTERM, within: timeout)
    }

    /// Sends a signal. After SIGKILL it has lost about the last second of what it acknowledged; SIGSTOP and SIGCONT
    /// make it hang for a while.
    public func kill(_ signal: Int32) {
        if signal == SIGKILL { return end(SIGKILL, within: .seconds(5)) }
        process.withLock { $0 }?.signal(signal)
    }

    private func end(_ signal: Int32, within timeout: Duration) {
        guard let ending = process.withLock({ $0.take() }), ending.isRunning else { return }
        ending.signal(signal)
        if waitUntil(timeout, { !ending.isRunning }) { return }
        ending.signal(SIGKILL)
        _ = waitUntil(.seconds(5)) { !ending.isRunning }
    }

    private func start() throws {
        guard let executable = Self.executable else {
            throw Failure(description: "noida-db not found: set SALESTARGETS_NOIDA to its path")
        }
        let command = ["start", "--only", "kafka", "--kafka-port", String(port), "--data-dir", directory.path]
        let started = ChildProcess([executable.path] + command, log: log)
        process.withLock { $0 = started }
        // The port opens long before the broker answers.
        let isReady = waitUntil(.seconds(20)) { !started.isRunning || answersMetadata() }
        if !isReady || !started.isRunning {
            kill(SIGKILL)
            throw Failure(description: "noida-db did not answer on port \(port)")
        }
    }

    /// Asks for the metadata of no topics in particular, which is those of all.
    private func answersMetadata() -> Bool {
        KafkaRequest(key: 3, version: 0, body: [0, 0, 0, 0]).answer(port: port) != nil
    }

    private func waitUntil(_ timeout: Duration, _ condition: () -> Bool) -> Bool {
        let deadline = ContinuousClock.now + timeout
        while !condition() {
            if .now >= deadline { return false }
            usleep(10_000)
        }
        return true
    }
}
