public import Foundation
import Synchronization

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
    /// What the broker keeps; removed with this object.
    public let directory: URL
    private let process = Mutex<Process?>(nil)

    /// Where clients connect.
    public var bootstrapServers: String { "127.0.0.1:\(port)" }

    /// Starts a broker and waits until it answers.
    public init() throws {
        port = try Self.freePort()
        directory = FileManager.default.temporaryDirectory.appending(path: "salestargets-broker-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        try start()
    }

    deinit {
        kill(SIGKILL)
        try? FileManager.default.removeItem(at: directory)
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
        process.withLock { process in
            if let process, process.isRunning { _ = Glibc.kill(process.processIdentifier, signal) }
        }
    }

    private func end(_ signal: Int32, within timeout: Duration) {
        guard let ending = process.withLock({ $0.take() }), ending.isRunning else { return }
        _ = Glibc.kill(ending.processIdentifier, signal)
        if waitUntil(timeout, { !ending.isRunning }) { return }
        _ = Glibc.kill(ending.processIdentifier, SIGKILL)
        _ = waitUntil(.seconds(5)) { !ending.isRunning }
    }

    private func start() throws {
        guard let executable = Self.executable else {
            throw Failure(description: "noida-db not found: set SALESTARGETS_NOIDA to its path")
        }
        let started = Process()
        started.executableURL = executable
        started.arguments = [
            "start", "--only", "kafka", "--kafka-port", String(port), "--data-dir", directory.path,
        ]
        started.standardInput = FileHandle.nullDevice
        started.standardOutput = FileHandle.nullDevice
        started.standardError = FileHandle.nullDevice
        // The child inherits this thread's signal mask, and a thread of the pool blocks SIGTERM.
        var none = sigset_t()
        var former = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &former)
        defer { pthread_sigmask(SIG_SETMASK, &former, nil) }
        try started.run()
        process.withLock { $0 = started }
        // The port opens long before the broker answers.
        let isReady = waitUntil(.seconds(20)) { !started.isRunning || answersMetadata() }
        if !isReady || !started.isRunning {
            kill(SIGKILL)
            throw Failure(description: "noida-db did not answer on port \(port)")
        }
    }

    /// Sends a Metadata request, version 0, for all topics.
    private func answersMetadata() -> Bool {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if socket < 0 { return false }
        defer { close(socket) }
        var patience = timeval(tv_sec: 1, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = Self.loopback(port: port)
        let connected = withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if connected != 0 { return false }
        // Length, API key 3, version 0, correlation id, no client id, no topic names.
        let request: [UInt8] = [0, 0, 0, 14, 0, 3, 0, 0, 0, 0, 0, 1, 0xFF, 0xFF, 0, 0, 0, 0]
        if send(socket, request, request.count, Int32(MSG_NOSIGNAL)) != request.count { return false }
        var answer = [UInt8](repeating: 0, count: 8)
        return recv(socket, &answer, answer.count, Int32(MSG_WAITALL)) == answer.count
    }

    private static func freePort() throws -> UInt16 {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = loopback(port: 0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, size) == 0 && getsockname(socket, $0, &size) == 0
            }
        }
        if !isBound { throw Failure(description: "no free port") }
        return UInt16(bigEndian: address.sin_port)
    }

    private static func loopback(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        return address
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
