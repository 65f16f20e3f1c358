import Concurrency
package import Events
internal import Foundation
package import Kafka
package import Ledger
package import Log
internal import Redis
package import SalesRules
internal import Worker

/// The broker, Redis and settings that `salestargets` processes of a test use. It also writes to the log and reads from
/// it, and measures the backlog.
package struct ProgramSettings: Sendable {
    /// The broker's address.
    package let bootstrapServers: String
    /// The URL of Redis, as the program is configured with it.
    package let redisURL: String
    /// The settings that the workers and the server share.
    package let settings: LedgerSettings
    /// The default names in docs/CONTRACT.md.
    package let topics = TopicNames()

    package init(bootstrapServers: String, redisURL: String, settings: LedgerSettings) {
        self.bootstrapServers = bootstrapServers
        self.redisURL = redisURL
        self.settings = settings
    }

    /// The topics that the broker did not create, and its reason for each.
    package struct TopicFailure: Error {
        package let failures: [String: LogError]
    }

    /// The configuration of clients in the tests.
    package var kafka: KafkaConfiguration {
        KafkaConfiguration(
            bootstrapServers: bootstrapServers,
            // The test broker sends all waiting records at once and ignores the requested size.
            properties: ["receive.message.max.bytes": "2147483647", "message.max.bytes": "10000000"]
        )
    }

    /// The environment of this process, with the settings for `salestargets` added.
    package var environment: [String: String] {
        let rules = settings.rules
        return ProcessInfo.processInfo.environment.merging([
            "SALESTARGETS_KAFKA_BOOTSTRAP_SERVERS": bootstrapServers,
            "SALESTARGETS_KAFKA_RECEIVE_MESSAGE_MAX_BYTES": "2147483647",
            "SALESTARGETS_KAFKA_MESSAGE_MAX_BYTES": "10000000",
            "SALESTARGETS_KAFKA_SESSION_TIMEOUT_MS": "6000",
            // With the test broker, a member that joins the group waits this long for a dead member.
            "SALESTARGETS_KAFKA_MAX_POLL_INTERVAL_MS": "10000",
            "SALESTARGETS_REDIS_URL": redisURL,
            "SALESTARGETS_CURRENCY": rules.currency.code,
            "SALESTARGETS_OWNER_CREDIT": rules.ownerCredit.rawValue,
            "SALESTARGETS_EXCLUDED_STATUSES": "[\(rules.excludedStatuses.map { "\"\($0)\"" }.joined(separator: ","))]",
            "SALESTARGETS_SHARDS": "\(settings.shards)",
        ]) { $1 }
    }

    /// Creates the topics.
    /// - Throws: ``TopicFailure``, or an error when no broker answers.
    package func createTopics(partitions: Int32, maximumRecord: Int = 1_048_576) async throws {
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
        if !failures.isEmpty { throw TopicFailure(failures: failures) }
    }

    /// Writes records and waits until the broker has them.
    package func publish(_ messages: [ProducerRecord]) async throws {
        let kafka = self.kafka
        try await BlockingThread.run("publish") {
            let producer = try KafkaProducer(kafka)
            defer { producer.close(timeoutMilliseconds: 5_000) }
            let batch = producer.batch()
            for message in messages { try batch.append(message) }
            try batch.wait(timeoutMilliseconds: 60_000)
        }
    }

    /// An event in the format of docs/CONTRACT.md.
    package func message(for event: Event) -> ProducerRecord {
        let (topic, key, value) = EventEncoder(currency: settings.rules.currency).encode(event)
        return ProducerRecord(topic: topics[topic], key: key, value: value)
    }

    /// The work that is not done yet.
    package struct Backlog: Sendable {
        /// The number of records that are not applied, by partition; only partitions that have some.
        package let records: [TopicPartition: Int64]
        /// The number of targets into which earlier orders are still being counted.
        package let jobs: Int

        /// Records and jobs together.
        package var count: Int64 { records.values.reduce(Int64(jobs), +) }
    }

    /// Compares the ends of the log with the cursors in Redis.
    /// - Parameter url: the URL of Redis; nil for ``redisURL``.
    package func backlog(in url: String? = nil) async throws -> Backlog {
        let ends = try await LogEnds.watermarks(of: topics, in: KafkaBackend(kafka)).mapValues(\.high)
        let connection = try await RedisConnection.connect(to: RedisEndpoint(url: url ?? redisURL))
        defer { connection.closeNow() }
        let cursors = try await Cursors.lowest(
            of: Array(ends.keys),
            over: connection,
            keys: settings.keys,
            catalogTopics: topics.catalog
        )
        let jobs = try await Backfill.jobs(in: connection, keys: settings.keys)
        let records = ends.map { ($0, $1 - (cursors[$0]?.next ?? 0)) }.filter { $0.1 != 0 }
        return Backlog(records: Dictionary(uniqueKeysWithValues: records), jobs: jobs.count)
    }

    /// All records of these partitions, in the order of the log.
    package func records(of partitions: [TopicPartition]) async throws -> [TopicPartition: [StoredRecord]] {
        let kafka = self.kafka
        return try await BlockingThread.run("read") {
            let consumer = try KafkaConsumer(kafka, group: nil)
            defer { consumer.close(timeoutMilliseconds: 5_000) }
            try consumer.assign(Dictionary(uniqueKeysWithValues: partitions.map { ($0, .beginning) }))
            var records: [TopicPartition: [StoredRecord]] = [:]
            var reading = Set(partitions)
            let deadline = ContinuousClock.now + .seconds(30)
            while !reading.isEmpty {
                if .now > deadline { throw SlowLog(partitions: reading) }
                switch try consumer.poll(timeoutMilliseconds: 100) {
                case .record(let record): records[record.topicPartition, default: []].append(StoredRecord(record))
                case .caughtUp(let partition, _): reading.remove(partition)
                default: continue
                }
            }
            return records
        }
    }

    /// The end of these partitions was not reached in time.
    package struct SlowLog: Error {
        package let partitions: Set<TopicPartition>
    }
}

/// A copy of a record.
package struct StoredRecord: Sendable, Hashable {
    /// The record's offset and the checksum of its content.
    package let fingerprint: Fingerprint
    package let key: [UInt8]?
    package let value: [UInt8]?
    package let headers: [RecordHeader]

    package init(_ record: LogRecord) {
        fingerprint = record.fingerprint
        key = record.withKey { $0.map { Array($0) } }
        value = record.withValue { $0.map { Array($0) } }
        headers = record.headers
    }

    /// The value of a header, as text.
    package func header(_ name: String) -> String? {
        headers.first { $0.name == name }?.value.map { String(decoding: $0, as: UTF8.self) }
    }
}
