import Events
import Foundation
import Kafka
import Ledger
import Redis
import SalesTargets
import TestSupport
import Testing
import Worker

/// The program as it is run: a broker process, a real Redis, and workers in processes of their own.
final class System: Sendable {
    let broker: BrokerProcess
    let redis: RedisServerProcess
    let settings: LedgerSettings
    let topics = TopicNames()
    private let folder: URL

    init(rules: Rules = Rules(), shards: Int = 1, partitions: Int32 = 6, maximumRecord: Int = 1_048_576) async throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "system-\(UUID().uuidString.prefix(8))")
        settings = LedgerSettings(rules: rules, shards: shards)
        broker = try BrokerProcess()
        redis = try await RedisServerProcess.start(folder: folder.path)
        let topics = TopicNames()
        let wanted =
            topics.byName.keys.map {
                KafkaAdmin.NewTopic(
                    name: $0,
                    partitions: partitions,
                    configuration: ["retention.ms": "-1", "max.message.bytes": "\(maximumRecord)"]
                )
            } + [
                KafkaAdmin.NewTopic(
                    name: topics.deadLetters,
                    partitions: 1,
                    configuration: ["retention.ms": "-1", "max.message.bytes": "10485760"]
                )
            ]
        let admin = try KafkaAdmin(kafka)
        let failures = try await BlockingThread.run("create topics") {
            try admin.createTopics(wanted, timeoutMilliseconds: 10_000).compactMapValues(\.self)
        }
        #expect(failures.isEmpty)
    }

    func end() async {
        await redis.stop()
        broker.stop()
        try? FileManager.default.removeItem(at: folder)
    }

    var kafka: KafkaConfiguration {
        KafkaConfiguration(bootstrapServers: broker.bootstrapServers, properties: Self.properties)
    }

    /// The test broker sends whole backlogs, whatever size was asked for.
    private static let properties = ["receive.message.max.bytes": "2147483647", "message.max.bytes": "10000000"]

    /// The program beside the tests: `swift build` puts both into one folder.
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
        let rules = settings.rules
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging([
            "SALESTARGETS_KAFKA_BOOTSTRAP_SERVERS": broker.bootstrapServers,
            "SALESTARGETS_KAFKA_RECEIVE_MESSAGE_MAX_BYTES": "2147483647",
            "SALESTARGETS_KAFKA_MESSAGE_MAX_BYTES": "10000000",
            "SALESTARGETS_KAFKA_SESSION_TIMEOUT_MS": "6000",
            // The test broker lets a join wait for a dead member for as long as this.
            "SALESTARGETS_KAFKA_MAX_POLL_INTERVAL_MS": "10000",
            "SALESTARGETS_REDIS_URL": redis.url,
            "SALESTARGETS_CURRENCY": rules.currency.code,
            "SALESTARGETS_OWNER_CREDIT": rules.ownerCredit.rawValue,
            "SALESTARGETS_EXCLUDED_STATUSES": rules.excludedStatuses.joined(separator: ","),
            "SALESTARGETS_SHARDS": "\(settings.shards)",
        ]) { $1 }.merging(environment) { $1 }
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

    /// A worker of the group. The same number takes the place of one that was killed, at once: the test broker does not
    /// notice by itself that a member is gone.
    func startWorker(_ number: Int, _ arguments: [String] = []) throws -> Process {
        try start(
            ["worker", "--kafka", "group.instance.id=worker-\(number)"] + arguments,
            log: "worker-\(number).log"
        )
    }

    /// Writes a file that a command can be given.
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
    func publish(_ messages: [KafkaProducer.Message]) async throws {
        let kafka = self.kafka
        try await BlockingThread.run("publish") {
            let producer = try KafkaProducer(kafka)
            defer { producer.close(timeoutMilliseconds: 5_000) }
            for message in messages { try producer.enqueue(message) }
            try producer.flush(timeoutMilliseconds: 60_000)
        }
    }

    func message(for event: Event) -> KafkaProducer.Message {
        let (topic, key, value) = EventEncoder(currency: settings.rules.currency).encode(event)
        return KafkaProducer.Message(topic: topics[topic], key: key, value: value)
    }

    /// How many records are not applied yet.
    func lag() async throws -> Int64 {
        let ends = try await LogEnds.read(of: topics, from: kafka)
        let connection = try await RedisConnection.connect(to: RedisEndpoint(url: redis.url))
        defer { connection.closeNow() }
        let cursors = try await Cursors.lowest(
            of: Array(ends.keys),
            over: connection,
            keys: settings.keys,
            catalogTopics: topics.catalog
        )
        let jobs = try await CountingPass.jobs(in: connection, keys: settings.keys)
        return ends.reduce(Int64(jobs.count)) { $0 + $1.value - (cursors[$1.key]?.next ?? 0) }
    }

    /// Waits until everything is applied and counted.
    /// - Parameter meanwhile: called about every tenth of a second.
    func waitUntilApplied(seconds: Int, meanwhile: () async throws -> Void = {}) async throws {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while try await lag() > 0 {
            try #require(ContinuousClock.now < deadline, "the workers did not come to the end of the log in time")
            try await meanwhile()
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    /// All records of a topic's partition.
    func records(of topic: String, partition: Int32 = 0) async throws -> [StoredRecord] {
        let kafka = self.kafka
        return try await BlockingThread.run("read") {
            let consumer = try KafkaConsumer(kafka, group: nil)
            defer { consumer.close(timeoutMilliseconds: 5_000) }
            try consumer.assign([TopicPartition(topic: topic, partition: partition): StartPosition()])
            var records: [StoredRecord] = []
            let deadline = ContinuousClock.now + .seconds(30)
            while .now < deadline {
                switch try consumer.poll(timeoutMilliseconds: 100) {
                case .record(let record): records.append(StoredRecord(record))
                case .caughtUp: return records
                default: continue
                }
            }
            return records
        }
    }
}

/// A record, copied.
struct StoredRecord: Sendable, Hashable {
    let key: [UInt8]?
    let value: [UInt8]?
    let headers: [KafkaHeader]

    init(_ record: KafkaRecord) {
        key = record.withKey { $0.map { Array($0) } }
        value = record.withValue { $0.map { Array($0) } }
        headers = record.headers
    }

    func header(_ name: String) -> String? {
        headers.first { $0.name == name }?.value.map { String(decoding: $0, as: UTF8.self) }
    }
}
