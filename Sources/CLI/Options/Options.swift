public import ArgumentParser
internal import Foundation
public import Logging

/// The settings that every command shares.
struct CommonOptions: ParsableArguments {
    @Option(help: ArgumentHelp(Settings.configHelp, valueName: "file"))
    var config: String?

    @Option(
        help: ArgumentHelp(
            "Addresses of one or more Kafka brokers (default: \(Settings.defaultText("kafka-bootstrap-servers"))).",
            valueName: "host:port,…"
        )
    )
    var kafkaBootstrapServers: String?

    @Option(
        help: ArgumentHelp(
            "A property of librdkafka, for example security.protocol=ssl; can be given several times.",
            valueName: "key=value"
        )
    )
    var kafka: [String] = []

    @Option(
        help: ArgumentHelp(
            "The Kafka consumer group of the workers (default: \(Settings.defaultText("kafka-group"))).",
            valueName: "name"
        )
    )
    var kafkaGroup: String?

    @Option(
        help: ArgumentHelp(
            """
            The address of Redis: redis://, rediss:// (TLS) or unix:// \
            (default: \(Settings.defaultText("redis-url"))).
            """,
            valueName: "url"
        )
    )
    var redisUrl: String?

    @Option(
        help: ArgumentHelp(
            "The lowest level to log: trace, debug, info, notice, warning, error or critical.",
            valueName: "level"
        )
    )
    var logLevel: Logger.Level = .info

    var flags: [String: String] {
        [
            "kafka-bootstrap-servers": kafkaBootstrapServers, "kafka-group": kafkaGroup, "redis-url": redisUrl,
        ].compactMapValues(\.self)
    }

    func settings(_ more: [String: String?] = [:]) throws -> Settings {
        let settings = try Settings(
            flags: flags.merging(more.compactMapValues(\.self)) { $1 },
            kafka: kafka,
            configFile: config
        )
        for warning in settings.warnings { Terminal.write("warning: \(warning)\n", to: .standardError) }
        return settings
    }

    func logger(_ label: String) -> Logger {
        var logger = Logger(label: label) { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = logLevel
        return logger
    }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}

/// The settings that shape numbers. Workers and servers must have the same values.
struct RulesOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The ISO 4217 code of the currency of goals and results (default: \(Settings.defaultText("currency"))).",
            valueName: "code"
        )
    )
    var currency: String?

    @Option(
        help: ArgumentHelp(
            """
            What the owner of an order is credited with when allocations name only other people: whole (the total), \
            remainder (what the allocations leave) or none (default: \(Settings.defaultText("owner-credit"))).
            """,
            valueName: "rule"
        )
    )
    var ownerCredit: String?

    @Option(
        help: ArgumentHelp(
            """
            Statuses whose orders do not count, in upper or lower case \
            (default: \(Settings.defaultText("excluded-statuses"))).
            """,
            valueName: "a,b"
        )
    )
    var excludedStatuses: String?

    @Option(
        help: ArgumentHelp(
            """
            The time zone that turns timestamps into dates and decides which day is today, \
            for example Europe/Amsterdam (default: \(Settings.defaultText("time-zone"))).
            """,
            valueName: "zone"
        )
    )
    var timeZone: String?

    @Option(
        help: ArgumentHelp(
            "The tenant of events and tokens without a tenant (default: \(Settings.defaultText("default-tenant"))).",
            valueName: "id"
        )
    )
    var defaultTenant: String?

    @Option(
        help: ArgumentHelp(
            """
            The number of shards that orders are spread over in Redis, \(Settings.shardBounds.lowerBound) to \
            \(Settings.shardBounds.upperBound) (default: \(Settings.defaultText("shards"))).
            """,
            valueName: "n"
        )
    )
    var shards: Int?

    var words: [String: String?] {
        [
            "currency": currency, "owner-credit": ownerCredit, "excluded-statuses": excludedStatuses,
            "time-zone": timeZone, "default-tenant": defaultTenant, "shards": shards.map(String.init),
        ]
    }
}
