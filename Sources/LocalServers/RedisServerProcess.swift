internal import Concurrency
internal import Foundation
internal import Redis

/// A private `redis-server` for demonstrations and tests. The child process ends when it is stopped, when this object is
/// released, or (on Linux) when this process ends for any reason.
///
/// A new start in the same folder continues with the data that was saved there, if the configuration saves data.
public final class RedisServerProcess: Sendable {
    /// Where it listens.
    public enum Listener: Sendable, Hashable {
        /// On `redis.sock` in its folder; the path may have at most 107 bytes.
        case unixSocket
        /// On this port of 127.0.0.1.
        case port(Int)
    }

    /// Why the server could not be started.
    public struct StartError: Error, Sendable, Hashable, CustomStringConvertible {
        /// The reason, and what to do, for people.
        public let description: String
    }

    /// The address to connect to, without a password.
    public let url: String
    /// The process id.
    public let processIdentifier: Int32
    private let child: ChildProcess

    private init(url: String, processIdentifier: Int32, child: ChildProcess) {
        self.url = url
        self.processIdentifier = processIdentifier
        self.child = child
    }

    deinit {
        child.signal(SIGKILL)
    }

    /// Starts a server and waits until it answers.
    ///
    /// Unless `configuration` says otherwise, it saves nothing to disk and evicts no keys. Its output goes to
    /// `redis-server.log` in its folder.
    ///
    /// - Parameters:
    ///   - folder: its working folder; created if missing.
    ///   - listen: where it listens.
    ///   - configuration: more arguments, such as `["--appendonly", "yes"]`.
    ///   - within: how long it may take until it answers, as it loads its data first.
    ///   - executable: a path, or a name to find in `PATH`.
    /// - Throws: ``StartError``.
    public static func start(
        folder: String,
        listen: Listener = .unixSocket,
        configuration: [String] = [],
        within limit: Duration = .seconds(10),
        executable: String = "redis-server"
    ) async throws(StartError) -> RedisServerProcess {
        guard let path = find(executable) else {
            throw StartError(description: "\(executable) is not installed: apt-get install redis-server")
        }
        let folder = URL(fileURLWithPath: folder).standardizedFileURL.path
        let endpoint: RedisEndpoint
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            endpoint = try RedisEndpoint(url: listen.url(folder: folder))
        } catch {
            throw StartError(description: "redis-server cannot use \(folder): \(error)")
        }
        let log = folder + "/redis-server.log"
        let arguments = listen.arguments(folder: folder) + defaults(folder: folder) + configuration
        let child = ChildProcess([path] + arguments, log: log)
        do {
            let identifier = try await child.started.value()
            try await waitUntilItAnswers(endpoint, child, within: limit)
            return RedisServerProcess(url: listen.url(folder: folder), processIdentifier: identifier, child: child)
        } catch {
            child.signal(SIGKILL)
            throw StartError(description: "redis-server did not start (see \(log)): \(error)")
        }
    }

    /// Sends the server a signal, such as `SIGSTOP`; does nothing after the server has ended.
    public func kill(signal: Int32) {
        child.signal(signal)
    }

    /// Waits until the server has ended, for any reason.
    ///
    /// - Throws: an error if the time passed or the task was cancelled.
    public func waitUntilEnded(atMost limit: Duration = .seconds(5)) async throws {
        try await child.waitUntilEnded(atMost: limit)
    }

    /// Ends the server: SIGTERM, and SIGKILL if it still runs after five seconds.
    public func stop() async {
        child.signal(SIGTERM)
        // A process that is stopped by SIGSTOP handles SIGTERM only after SIGCONT.
        child.signal(SIGCONT)
        do {
            try await waitUntilEnded()
        } catch {
            child.signal(SIGKILL)
            // Nothing more can be done if SIGKILL does not end it in time.
            try? await waitUntilEnded()
        }
    }

    private static func defaults(folder: String) -> [String] {
        [
            "--dir", folder, "--daemonize", "no", "--protected-mode", "yes", "--save", "", "--appendonly", "no",
            "--maxmemory-policy", "noeviction",
        ]
    }

    private static func find(_ executable: String) -> String? {
        let candidates: [String]
        if executable.contains("/") {
            candidates = [executable]
        } else {
            let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
            candidates = path.split(separator: ":").map { "\($0)/\(executable)" }
        }
        return candidates.first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    private static func waitUntilItAnswers(
        _ endpoint: RedisEndpoint,
        _ child: ChildProcess,
        within limit: Duration
    ) async throws {
        let backoff = Backoff(base: .milliseconds(5), maximum: .milliseconds(50))
        let end = ContinuousClock.now + limit
        var attempt = 0
        while true {
            do throws(RedisError) {
                let connection = try await RedisConnection.connect(to: endpoint)
                for reply in try await connection.send(RedisPipeline(RedisCommand("PING"))) { try reply.checked() }
                return
            } catch .server(let error) where error.code == "NOAUTH" {
                return  // The server answers. The configuration sets a password, which is not needed here.
            } catch {
                guard error.isTransient, .now < end else { throw error }
                try await pause(backoff.bound(attempt: attempt), unlessEnded: child)
                attempt += 1
            }
        }
    }
}

extension RedisServerProcess {
    private static func pause(_ delay: Duration, unlessEnded child: ChildProcess) async throws {
        do throws(ChildProcess.Failure) {
            try await child.waitUntilEnded(atMost: delay)
        } catch .timeout {
            return
        }
        throw StartError(description: "the server ended before it answered")
    }
}

extension RedisServerProcess.Listener {
    fileprivate func url(folder: String) -> String {
        switch self {
        case .unixSocket: "unix://\(folder)/redis.sock"
        case .port(let port): "redis://127.0.0.1:\(port)"
        }
    }

    fileprivate func arguments(folder: String) -> [String] {
        switch self {
        case .unixSocket: ["--port", "0", "--unixsocket", "\(folder)/redis.sock", "--unixsocketperm", "700"]
        case .port(let port): ["--port", String(port), "--bind", "127.0.0.1"]
        }
    }
}
