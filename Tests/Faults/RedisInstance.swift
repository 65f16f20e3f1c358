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

    /// How long a busy machine may take for one thing: loading a file, answering after a rebuild, ending.
    private static let patience = Duration.seconds(120)

    nonisolated var url: String { "redis://127.0.0.1:\(port)" }
    nonisolated var log: URL { folder.appending(path: "redis-server.log") }

    /// Starts it and waits until it answers. If it does not load its files, it is helped as a person would: the append-only
    /// file is cut behind its last whole command, and if it does not load even then, Redis starts empty.
    /// - Parameter primary: the port of the primary to replicate, if it is a replica.
    func start(following primary: Int? = nil) async throws {
        if try await isLaunched(following: primary) { return }
        try await fixAppendOnlyFile()
        if try await isLaunched(following: primary) { return }
        try removeFiles()
        try await launch(following: primary)
    }

    /// - Returns: false if Redis ended because it does not load its files.
    private func isLaunched(following primary: Int?) async throws -> Bool {
        do {
            try await launch(following: primary)
            return true
        } catch let error as RedisServerProcess.StartError {
            let text = logged()
            guard
                text.contains("Bad file format") || text.contains("Fatal error")
                    || text.contains("Unexpected end of file")
            else { throw error }
            return false
        }
    }

    private func logged() -> String { String((try? String(contentsOf: log, encoding: .utf8))?.suffix(4_000) ?? "") }

    /// What `redis-check-aof --fix` does for the last part of the file.
    private func fixAppendOnlyFile() async throws {
        guard let last = try lastPart() else { return }
        let fix = ChildProcess(
            ["/bin/sh", "-c", "yes | redis-check-aof --fix \"$0\"", last.path],
            log: folder.appending(path: "redis-check-aof.log").path
        )
        _ = try await fix.waitUntilEnded(atMost: .seconds(120))
    }

    private func removeFiles() throws {
        for name in ["appendonlydir", "dump.rdb"] {
            let path = folder.appending(path: name)
            if FileManager.default.fileExists(atPath: path.path) { try FileManager.default.removeItem(at: path) }
        }
    }

    private func launch(following primary: Int?) async throws {
        let follow = primary.map { ["--replicaof", "127.0.0.1 \($0)"] } ?? []
        process = try await RedisServerProcess.start(
            folder: folder.path,
            listen: .port(port),
            configuration: configuration.arguments + ["--repl-diskless-sync-delay", "0"] + follow,
            within: Self.patience
        )
    }

    /// Kills it without saving. The files on disk stay.
    func kill() async throws {
        process?.kill(signal: SIGKILL)
        try await process?.waitUntilEnded(atMost: Self.patience)
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
        let timeouts = RedisTimeouts(connect: Self.patience, request: Self.patience)
        let connection = try await RedisConnection.connect(to: RedisEndpoint(url: url), timeouts: timeouts)
        defer { connection.closeNow() }
        return try await connection.send(RedisPipeline(command))[0].checked()
    }

    /// Waits until it is synchronized with its primary.
    nonisolated func waitUntilFollowing() async throws {
        try await Deadline.wait(120, for: "a replica that follows its primary") {
            let text = try await self.ask(RedisCommand("INFO", "replication")).requireString()
            return text.contains("master_link_status:up") && text.contains("master_sync_in_progress:0")
        }
    }

    /// Removes the last bytes of the append-only file, as a crash of the host may do. Redis must not be running.
    /// - Parameter share: the share to remove, 0...1, of the last 20,000 bytes of the last file part.
    /// - Returns: the number of removed bytes.
    nonisolated func tearAppendOnlyFile(share: Double) throws -> Int {
        guard let last = try lastPart() else { return 0 }
        let handle = try FileHandle(forUpdating: last)
        defer { try? handle.close() }
        let size = Int(try handle.seekToEnd())
        let cut = Int(Double(min(size, 20_000)) * share)
        try handle.truncate(atOffset: UInt64(size - cut))
        return cut
    }

    /// The last part of the append-only file; nil if there is none.
    private nonisolated func lastPart() throws -> URL? {
        let directory = folder.appending(path: "appendonlydir")
        guard FileManager.default.fileExists(atPath: directory.path) else { return nil }
        let parts = try FileManager.default.contentsOfDirectory(atPath: directory.path).filter {
            $0.hasSuffix(".incr.aof")
        }
        func number(_ name: String) -> Int { Int(name.split(separator: ".").dropLast(2).last ?? "") ?? 0 }
        return parts.max { number($0) < number($1) }.map { directory.appending(path: $0) }
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
