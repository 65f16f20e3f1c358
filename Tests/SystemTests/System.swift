import Events
import Foundation
import Kafka
import Ledger
import LocalServers
import Log
import Redis
import SalesRules
import TestSupport
import Testing

/// The whole system: a broker process, a Redis process, and processes of `salestargets`.
final class System: Sendable {
    let broker: BrokerProcess
    let redis: RedisServerProcess
    let site: ProgramSettings
    private let folder: URL

    init(rules: Rules = Rules(), shards: Int = 1, partitions: Int32 = 6, maximumRecord: Int = 1_048_576) async throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "system-\(UUID().uuidString.prefix(8))")
        broker = try BrokerProcess()
        redis = try await RedisServerProcess.start(folder: folder.path)
        site = ProgramSettings(
            bootstrapServers: broker.bootstrapServers,
            redisURL: redis.url,
            settings: LedgerSettings(rules: rules, shards: shards)
        )
        try await site.createTopics(partitions: partitions, maximumRecord: maximumRecord)
    }

    func end() async {
        await redis.stop()
        broker.stop()
        try? FileManager.default.removeItem(at: folder)
    }

    var settings: LedgerSettings { site.settings }
    var topics: TopicNames { site.topics }
    var kafka: KafkaConfiguration { site.kafka }

    /// `swift build` puts the program and the test bundle into the same folder.
    static let program: URL = {
        let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") } ?? Bundle.main
        let candidates = [
            bundle.bundleURL.deletingLastPathComponent(),
            URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent(),
        ]
        let found = candidates.map { $0.appending(path: "salestargets") }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
        return found ?? URL(filePath: ".build/debug/salestargets")
    }()

    /// Starts `salestargets` with settings for this system.
    func start(_ arguments: [String], log: String, environment: [String: String] = [:]) throws -> Process {
        let process = Process()
        process.executableURL = Self.program
        process.arguments = arguments
        process.environment = site.environment.merging(environment) { $1 }
        let path = folder.appending(path: log)
        if !FileManager.default.fileExists(atPath: path.path) {
            _ = FileManager.default.createFile(atPath: path.path, contents: nil)
        }
        let handle = try FileHandle(forWritingTo: path)
        try handle.seekToEnd()
        process.standardError = handle
        process.standardOutput = handle
        try process.run()
        return process
    }

    /// Starts a worker. A worker with the number of a killed one replaces it in the group at once: the test broker does not
    /// notice by itself that a member has gone.
    func startWorker(_ number: Int, _ arguments: [String] = []) throws -> Process {
        try start(
            ["worker", "--kafka", "group.instance.id=worker-\(number)"] + arguments,
            log: "worker-\(number).log"
        )
    }

    /// Writes a file for a command to read.
    /// - Returns: its path.
    func file(_ name: String, _ text: String) throws -> String {
        let path = folder.appending(path: name)
        try Data(text.utf8).write(to: path)
        return path.path
    }

    func log(_ name: String) -> String {
        (try? String(contentsOf: folder.appending(path: name), encoding: .utf8)) ?? ""
    }

    /// Writes records and waits until the broker has them.
    func publish(_ messages: [ProducerRecord]) async throws { try await site.publish(messages) }

    func message(for event: Event) -> ProducerRecord { site.message(for: event) }

    /// An order of Ann's for 100 euros, saved for the first time.
    static func savedOrder(_ name: String, listed: [Allocation] = []) throws -> Event {
        let order = Order(
            id: try #require(Identifier(name)),
            owner: try #require(Identifier("ann")),
            total: Decimal(units: 100, scale: 0),
            currency: .euro,
            date: try #require(Day("2026-03-14"))
        )
        let tenant = try #require(Identifier("default"))
        return Event(tenant: tenant, .order(order.id, .saved(order, listed: listed, version: 1)))
    }

    /// Waits until everything is applied and counted.
    /// - Parameters:
    ///   - patience: how long nothing may be applied.
    ///   - meanwhile: called about every tenth of a second.
    func waitUntilApplied(patience: Duration = .seconds(120), meanwhile: () async throws -> Void = {}) async throws {
        var deadline = ProgressDeadline(patience, of: Int64.self)
        while true {
            let backlog = try await site.backlog().count
            if backlog == 0 { return }
            let isStuck = deadline.hasPassed(backlog)
            try #require(!isStuck, "the workers stopped with \(backlog) records to apply")
            try await meanwhile()
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    /// All records of a topic's partition.
    func records(of topic: String, partition: Int32 = 0) async throws -> [StoredRecord] {
        let partition = TopicPartition(topic: topic, partition: partition)
        return try await site.records(of: [partition])[partition] ?? []
    }
}
