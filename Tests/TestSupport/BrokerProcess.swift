public import Foundation
import LocalServers
internal import Redis
internal import Synchronization

/// A noida-db broker process with its own port and data folder. Its methods block, for a bounded time. The process ends
/// with this object at the latest.
public final class BrokerProcess: Sendable {
    /// The broker could not be started.
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    /// The file named by `SALESTARGETS_NOIDA`, or `.tools/noida/noida_db/noida-db` in the package; nil if neither exists.
    public static var executable: URL? {
        let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let candidates = [
            ProcessInfo.processInfo.environment["SALESTARGETS_NOIDA"].map { URL(filePath: $0) },
            package.appending(path: ".tools/noida/noida_db/noida-db"),
        ]
        return candidates.compactMap { $0 }.first { FileManager.default.isExecutableFile(atPath: $0.path) }
    }

    /// Whether tests that need a broker can run.
    public static var isAvailable: Bool { executable != nil }

    /// The port on 127.0.0.1; the same after `restart`.
    public let port: UInt16
    /// The broker's data folder; it is removed with this object unless the caller gave it.
    public let directory: URL
    private let isDirectoryTemporary: Bool
    private let log: String
    private let process = Mutex<ChildProcess?>(nil)

    /// The broker's address, as clients are configured with it.
    public var bootstrapServers: String { "127.0.0.1:\(port)" }

    /// Starts a broker and waits until it answers requests.
    /// - Parameters:
    ///   - directory: the data folder; nil for a temporary one.
    ///   - log: the file to which the broker's output is appended.
    public init(directory given: URL? = nil, log: String = "/dev/null") throws {
        port = UInt16(try LocalPort.free())
        isDirectoryTemporary = given == nil
        directory =
            given
            ?? FileManager.default.temporaryDirectory.appending(path: "salestargets-broker-\(UUID().uuidString)")
        self.log = log
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        try start()
    }

    deinit {
        kill(SIGKILL)
        if isDirectoryTemporary { try? FileManager.default.removeItem(at: directory) }
    }

    /// Stops the broker if it runs, and starts it on the same port and data.
    public func restart() throws {
        stop()
        try start()
    }

    /// Ends the broker with SIGTERM, so that it saves everything first.
    public func stop(within timeout: Duration = .seconds(15)) {
        end(SIGTERM, within: timeout)
    }

    /// Sends a signal. After SIGKILL about the last second of acknowledged records is lost. SIGSTOP makes the broker hang
    /// until SIGCONT.
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

    /// Sends a metadata request; an empty list of topics means all topics.
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
