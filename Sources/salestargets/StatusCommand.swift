import ArgumentParser
import Events
import Foundation
import Ledger
import Redis
import Worker

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Shows how far the results are behind the log, and whether Redis is well."
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var rules: RulesOptions

    @Flag(help: "Print JSON.")
    var json = false

    private struct Report: Encodable {
        var partitions: [Row] = []
        var redis = Cache()

        struct Row: Encodable {
            let topic: String
            let partition: Int32
            let end: Int64
            let applied: Int64
            var lag: Int64 { max(0, end - applied) }

            private enum CodingKeys: CodingKey { case topic, partition, end, applied, lag }

            func encode(to encoder: any Encoder) throws {
                var container = encoder.container(keyedBy: CodingKeys.self)
                try container.encode(topic, forKey: .topic)
                try container.encode(partition, forKey: .partition)
                try container.encode(end, forKey: .end)
                try container.encode(applied, forKey: .applied)
                try container.encode(lag, forKey: .lag)
            }
        }

        struct Cache: Encodable {
            var version = ""
            var usedMemory = 0
            var policy = ""
            var settings: String?
            var catalogRevision: Int64 = 0
            var problem: String?
        }
    }

    func run() async throws {
        let settings = try common.settings(rules.words)
        let ledger = try settings.ledger
        let keys = ledger.keys
        let connection = try await RedisConnection.connect(to: try settings.redis)
        defer { connection.closeNow() }
        let ends = try await LogEnds.read(of: settings.topics, from: settings.kafka)
        let cursors = try await Cursors.lowest(
            of: Array(ends.keys),
            over: connection,
            keys: keys,
            catalogTopics: settings.topics.catalog
        )
        var report = Report()
        report.partitions = ends.keys.sorted { ($0.topic, $0.partition) < ($1.topic, $1.partition) }.map {
            .init(topic: $0.topic, partition: $0.partition, end: ends[$0] ?? 0, applied: cursors[$0]?.next ?? 0)
        }
        report.redis = try await cache(over: connection, ledger, keys)
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            Terminal.line(String(decoding: try encoder.encode(report), as: UTF8.self))
        } else {
            Self.print(report)
        }
        if report.redis.problem != nil { throw ExitCode(1) }
    }

    private func cache(
        over connection: RedisConnection,
        _ ledger: LedgerSettings,
        _ keys: KeySpace
    ) async throws -> Report.Cache {
        var pipeline = RedisPipeline()
        pipeline.append(RedisCommand("INFO"))
        pipeline.append(RedisCommand("MGET", keys.settings(shard: 0), keys.revision(shard: 0)))
        let replies = try await connection.send(pipeline)
        let info = try LedgerDoor.fields(replies[0])
        let kept = try replies[1].requireArray()
        var cache = Report.Cache()
        cache.version = info["redis_version"] ?? ""
        cache.usedMemory = info["used_memory"].flatMap(Int.init) ?? 0
        cache.policy = info["maxmemory_policy"] ?? ""
        cache.settings = kept[0].string
        cache.catalogRevision = kept[1].string.flatMap(Int64.init) ?? 0
        do {
            try await LedgerDoor.check(connection)
            try ledger.check(kept: kept[0].isNull ? nil : try kept[0].requireBytes())
        } catch {
            cache.problem = "\(error)"
        }
        return cache
    }

    private static func print(_ report: Report) {
        func pad(_ text: some CustomStringConvertible, _ width: Int) -> String {
            let text = "\(text)"
            return String(repeating: " ", count: max(0, width - text.count)) + text
        }
        Terminal.line(
            "topic partition".padding(toLength: 32, withPad: " ", startingAt: 0)
                + "         end     applied         lag"
        )
        for row in report.partitions {
            let name = "\(row.topic) \(row.partition)".padding(toLength: 32, withPad: " ", startingAt: 0)
            Terminal.line(name + pad(row.end, 12) + pad(row.applied, 12) + pad(row.lag, 12))
        }
        let lag = report.partitions.reduce(0) { $0 + $1.lag }
        Terminal.line(
            "\nlag \(lag) records; Redis \(report.redis.version), \(report.redis.usedMemory / 1_048_576) MiB in use"
        )
        Terminal.line("numbers made with: \(report.redis.settings ?? "nothing yet")")
        if let problem = report.redis.problem { Terminal.line("PROBLEM: \(problem)") }
    }
}
