import ArgumentParser
import Foundation
import Ledger
import LocalServers
import Redis
import TestSupport

/// How a Redis keeps its data.
enum RedisConfiguration: String, CaseIterable, ExpressibleByArgument, Sendable {
    /// By snapshots every second at most, and no append-only file: what is shipped, only oftener.
    case rdb
    /// By an append-only file that is written to disk every second.
    case everysec
    /// By an append-only file that is written to disk with every command.
    case always

    var arguments: [String] {
        switch self {
        case .rdb: ["--save", "1 1"]
        case .everysec: ["--appendonly", "yes", "--appendfsync", "everysec"]
        case .always: ["--appendonly", "yes", "--appendfsync", "always"]
        }
    }

    var hasAppendOnlyFile: Bool { self != .rdb }
}

/// A Redis server that is killed and started again, always on the same port and in the same folder.
actor RedisInstance {
    nonisolated let port: Int
    nonisolated let folder: URL
    nonisolated let configuration: RedisConfiguration
    private var process: RedisServerProcess?

    init(folder: URL, configuration: RedisConfiguration) throws {
        port = try LocalPort.free()
        self.folder = folder
        self.configuration = configuration
    }

    nonisolated var url: String { "redis://127.0.0.1:\(port)" }
    nonisolated var log: URL { folder.appending(path: "redis-server.log") }

    /// Starts it and waits until it answers.
    /// - Parameter primary: the port of the one that it is to follow.
    func start(following primary: Int? = nil) async throws {
        let follow = primary.map { ["--replicaof", "127.0.0.1 \($0)"] } ?? []
        process = try await RedisServerProcess.start(
            folder: folder.path,
            listen: .port(port),
            configuration: configuration.arguments + ["--repl-diskless-sync-delay", "0"] + follow
        )
    }

    /// Kills it: what is on disk stays, and nothing is saved.
    func kill() async throws {
        process?.kill(signal: SIGKILL)
        try await process?.waitUntilEnded()
        process = nil
    }

    /// Ends it as it wishes to be ended.
    func stop() async {
        await process?.stop()
        process = nil
    }

    func signal(_ number: Int32) { process?.kill(signal: number) }

    /// Sends it one command, past the proxy.
    @discardableResult
    nonisolated func ask(_ command: RedisCommand) async throws -> RedisValue {
        let connection = try await RedisConnection.connect(to: RedisEndpoint(url: url))
        defer { connection.closeNow() }
        return try await connection.send(RedisPipeline(command))[0].checked()
    }

    /// Waits until it has all that its primary has.
    nonisolated func waitUntilFollowing() async throws {
        try await Patience.wait(15, for: "a replica that follows its primary") {
            let text = try await self.ask(RedisCommand("INFO", "replication")).requireString()
            return text.contains("master_link_status:up") && text.contains("master_sync_in_progress:0")
        }
    }

    /// Cuts the last bytes off the append-only file, as a crash of the machine does; only while it does not run.
    /// - Parameter share: how much of the last part goes, 0...1, 20,000 bytes at most.
    /// - Returns: how many bytes.
    nonisolated func tearAppendOnlyFile(share: Double) throws -> Int {
        let directory = folder.appending(path: "appendonlydir")
        let parts = try FileManager.default.contentsOfDirectory(atPath: directory.path).filter {
            $0.hasSuffix(".incr.aof")
        }
        func number(_ name: String) -> Int { Int(name.split(separator: ".").dropLast(2).last ?? "") ?? 0 }
        guard let last = parts.max(by: { number($0) < number($1) }) else { return 0 }
        let handle = try FileHandle(forUpdating: directory.appending(path: last))
        defer { try? handle.close() }
        let size = Int(try handle.seekToEnd())
        let cut = Int(Double(min(size, 20_000)) * share)
        try handle.truncate(atOffset: UInt64(size - cut))
        return cut
    }

    /// The snapshot on disk.
    nonisolated var snapshot: URL { folder.appending(path: "dump.rdb") }
}

/// Waiting that ends.
enum Patience {
    /// Asks every twentieth of a second until it holds.
    /// - Throws: what was waited for, when it did not come within so many seconds.
    static func wait(
        _ seconds: Double,
        for what: String,
        until holds: () async throws -> Bool,
        elseSaying more: () -> String = { "" }
    ) async throws {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while try await !holds() {
            if .now > deadline { throw TestbedFailure("waited \(seconds) s in vain for \(what)\n\(more())") }
            try await Task.sleep(for: .milliseconds(50))
        }
    }
}

/// What must not happen, in words.
struct TestbedFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
