public import ArgumentParser
public import Logging

/// The settings that every command shares.
struct CommonOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A JSON file of settings, by the same words.", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("Where Kafka is (default: 127.0.0.1:9092).", valueName: "host:port,…"))
    var kafkaBootstrapServers: String?

    @Option(
        help: ArgumentHelp(
            "Any property of librdkafka, as in security.protocol=ssl; repeatable.",
            valueName: "key=value"
        )
    )
    var kafka: [String] = []

    @Option(help: ArgumentHelp("The consumer group of the workers (default: sales-targets).", valueName: "name"))
    var kafkaGroup: String?

    @Option(help: ArgumentHelp("redis://, rediss:// or unix:// (default: redis://127.0.0.1:6379/0).", valueName: "url"))
    var redisUrl: String?

    @Option(help: ArgumentHelp("trace, debug, info, notice, warning, error or critical.", valueName: "level"))
    var logLevel: Logger.Level = .info

    var flags: [String: String] {
        [
            "kafka-bootstrap-servers": kafkaBootstrapServers, "kafka-group": kafkaGroup, "redis-url": redisUrl,
        ].compactMapValues(\.self)
    }

    func settings(_ more: [String: String?] = [:]) throws -> Settings {
        try Settings(
            flags: flags.merging(more.compactMapValues(\.self)) { $1 },
            kafka: kafka,
            configFile: config
        )
    }

    func logger(_ label: String) -> Logger {
        var logger = Logger(label: label) { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = logLevel
        return logger
    }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}

/// The settings that shape numbers; worker and server must have the same.
struct RulesOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The currency of all results (default: EUR).", valueName: "code"))
    var currency: String?

    @Option(
        help: ArgumentHelp(
            "What an order's owner is credited with beside its allocations: whole, remainder or none.",
            valueName: "rule"
        )
    )
    var ownerCredit: String?

    @Option(help: ArgumentHelp("Statuses whose orders do not count (default: Cancelled).", valueName: "a,b"))
    var excludedStatuses: String?

    @Option(
        help: ArgumentHelp("Where a timestamp becomes a date, and what today is (default: UTC).", valueName: "zone")
    )
    var timeZone: String?

    @Option(help: ArgumentHelp("The tenant of events that name none (default: default).", valueName: "id"))
    var defaultTenant: String?

    @Option(help: ArgumentHelp("Over how many shards the orders are spread in Redis (default: 1).", valueName: "n"))
    var shards: Int?

    var words: [String: String?] {
        [
            "currency": currency, "owner-credit": ownerCredit, "excluded-statuses": excludedStatuses,
            "time-zone": timeZone, "default-tenant": defaultTenant, "shards": shards.map(String.init),
        ]
    }
}
