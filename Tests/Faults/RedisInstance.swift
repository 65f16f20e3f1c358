import ArgumentParser
import Foundation
import Ledger
import LocalServers
import Redis
import TestSupport

/// How Redis persists its data.
enum RedisConfiguration: String, CaseIterable, ExpressibleByArgument, Sendable {
    /// Snapshots, at most one per second, and no append-only file. Redis's default, but with more frequent snapshots.
    case rdb
    /// An append-only file that is synced every second.
    case everysec
    /// An append-only file that is synced after every command.
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

/// A Redis server that can be restarted on the same port and in the same folder.
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
    /// - Parameter primary: the port of the primary to replicate, if it is a replica.
    func start(following primary: Int? = nil) async throws {
        let follow = primary.map { ["--replicaof", "127.0.0.1 \($0)"] } ?? []
        process = try await RedisServerProcess.start(
            folder: folder.path,
            listen: .port(port),
            configuration: configuration.arguments + ["--repl-diskless-sync-delay", "0"] + follow
        )
    }

    /// Kills it without saving. The files on disk stay.
    func kill() async throws {
        process?.kill(signal: SIGKILL)
        try await process?.waitUntilEnded()
        process = nil
    }

    /// Stops it in an orderly way.
    func stop() async {
        await process?.stop()
        process = nil
    }

    func signal(_ number: Int32) { process?.kill(signal: number) }

    /// Sends it one command directly, without the proxy.
    @discardableResult
    nonisolated func ask(_ command: RedisCommand) async throws -> RedisValue {
        let connection = try await RedisConnection.connect(to: RedisEndpoint(url: url))
        defer { connection.closeNow() }
        return try await connection.send(RedisPipeline(command))[0].checked()
    }

    /// Waits until it is synchronized with its primary.
    nonisolated func waitUntilFollowing() async throws {
        try await Deadline.wait(15, for: "a replica that follows its primary") {
            let text = try await self.ask(RedisCommand("INFO", "replication")).requireString()
            return text.contains("master_link_status:up") && text.contains("master_sync_in_progress:0")
        }
    }

    /// Removes the last bytes of the append-only file, as a crash of the host may do. Redis must not be running.
    /// - Parameter share: the share to remove, 0...1, of the last 20,000 bytes of the last file part.
    /// - Returns: the number of removed bytes.
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

/// Waiting with a time limit.
enum Deadline {
    /// Checks every 50 ms until the condition holds.
    /// - Throws: ``TestbedFailure`` when the condition does not hold within `seconds`.
    static func wait(
        _ seconds: Double,
        for what: String,
        until holds: () async throws -> Bool,
        elseSaying more: () -> String = { "" }
    ) async throws {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while try await !holds() {
            if .now > deadline { throw TestbedFailure("after \(seconds) s still waiting for \(what)\n\(more())") }
            try await Task.sleep(for: .milliseconds(50))
        }
    }
}

/// An unexpected state or timeout of the testbed.
struct TestbedFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
