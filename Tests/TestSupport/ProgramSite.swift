import Concurrency
package import Events
internal import Foundation
package import Kafka
package import Ledger
package import Log
internal import Redis
package import SalesRules
internal import Worker

/// Where the program runs in a test: its broker and Redis, its settings, what goes into its log, and how far it is.
package struct ProgramSite: Sendable {
    /// Where the broker is.
    package let bootstrapServers: String
    /// Where the program finds Redis.
    package let redisURL: String
    /// What workers and server have in common.
    package let settings: LedgerSettings
    /// The contract's.
    package let topics = TopicNames()

    package init(bootstrapServers: String, redisURL: String, settings: LedgerSettings) {
        self.bootstrapServers = bootstrapServers
        self.redisURL = redisURL
        self.settings = settings
    }

    /// A topic that the broker did not make, and why.
    package struct TopicFailure: Error {
        package let failures: [String: LogError]
    }

    /// How clients of ours connect.
    package var kafka: KafkaConfiguration {
        KafkaConfiguration(
            bootstrapServers: bootstrapServers,
            // The test broker sends whole backlogs, whatever size was asked for.
            properties: ["receive.message.max.bytes": "2147483647", "message.max.bytes": "10000000"]
        )
    }

    /// Our environment with the settings for this place.
    package var environment: [String: String] {
        let rules = settings.rules
        return ProcessInfo.processInfo.environment.merging([
            "SALESTARGETS_KAFKA_BOOTSTRAP_SERVERS": bootstrapServers,
            "SALESTARGETS_KAFKA_RECEIVE_MESSAGE_MAX_BYTES": "2147483647",
            "SALESTARGETS_KAFKA_MESSAGE_MAX_BYTES": "10000000",
            "SALESTARGETS_KAFKA_SESSION_TIMEOUT_MS": "6000",
            // The test broker lets a join wait for a dead member for as long as this.
            "SALESTARGETS_KAFKA_MAX_POLL_INTERVAL_MS": "10000",
            "SALESTARGETS_REDIS_URL": redisURL,
            "SALESTARGETS_CURRENCY": rules.currency.code,
            "SALESTARGETS_OWNER_CREDIT": rules.ownerCredit.rawValue,
            "SALESTARGETS_EXCLUDED_STATUSES": rules.excludedStatuses.joined(separator: ","),
            "SALESTARGETS_SHARDS": "\(settings.shards)",
        ]) { $1 }
    }

    /// Makes the topics.
    /// - Throws: ``TopicFailure``, or that no broker answers.
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
            for message in messages { try producer.enqueue(message) }
            try producer.flush(timeoutMilliseconds: 60_000)
        }
    }

    /// An event as the contract writes it.
    package func message(for event: Event) -> ProducerRecord {
        let (topic, key, value) = EventEncoder(currency: settings.rules.currency).encode(event)
        return ProducerRecord(topic: topics[topic], key: key, value: value)
    }

    /// What is not done yet.
    package struct Backlog: Sendable {
        /// By partition, where there are any: the records that are not applied.
        package let records: [TopicPartition: Int64]
        /// The targets that earlier orders are still counted into.
        package let jobs: Int

        /// Both together.
        package var count: Int64 { records.values.reduce(Int64(jobs), +) }
    }

    /// Compares the log with a Redis.
    /// - Parameter url: nil for where the program finds it.
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

    /// All records of partitions, in their order.
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

/// A record, copied.
package struct StoredRecord: Sendable, Hashable {
    /// Where it lies, and the checksum of what is in it.
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

    /// The text of a header.
    package func header(_ name: String) -> String? {
        headers.first { $0.name == name }?.value.map { String(decoding: $0, as: UTF8.self) }
    }
}
