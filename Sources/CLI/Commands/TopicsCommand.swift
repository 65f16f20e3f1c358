import ArgumentParser
import Concurrency
import Events
import Kafka

struct TopicsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "topics",
        abstract: "Creates the topics in Kafka.",
        subcommands: [Create.self]
    )

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "create",
            abstract: "Creates the topics that do not exist yet.",
            discussion: """
                Retention is unlimited, so that the results can always be built again. Existing topics are not changed.

                With --compact, Kafka keeps only the newest event of each key. Use it only if every save of an order \
                lists its allocations, or none does: docs/CONTRACT.md, "Compaction".

                Partitions can be added later, but then events of one order may be in two partitions, and only versions \
                put them in order. Choose enough partitions at the start.
                """
        )

        @OptionGroup var common: CommonOptions

        @Option(
            help: ArgumentHelp(
                "Partitions of each topic; they limit how many lanes can work. The dead-letter topic has one.",
                valueName: "n"
            )
        )
        var partitions: Int32 = 12

        @Option(help: ArgumentHelp("Copies of each partition; -1 is the broker's default.", valueName: "n"))
        var replicationFactor: Int16 = -1

        @Flag(help: "Let Kafka keep only the newest event of each key, except in the dead-letter topic.")
        var compact = false

        func run() async throws {
            let settings = try common.settings()
            let kafka = settings.kafka
            let topics = settings.topics
            let wanted =
                topics.byName.keys.sorted().map {
                    KafkaAdmin.NewTopic(
                        name: $0,
                        partitions: partitions,
                        replicationFactor: replicationFactor,
                        configuration: ["cleanup.policy": compact ? "compact" : "delete", "retention.ms": "-1"]
                    )
                } + [
                    KafkaAdmin.NewTopic(
                        name: topics.deadLetters,
                        partitions: 1,
                        replicationFactor: replicationFactor,
                        // A record of the largest size that its own topic allows must fit here with its headers.
                        configuration: ["retention.ms": "-1", "max.message.bytes": "10485760"]
                    )
                ]
            let results = try await BlockingThread.run("topics") {
                try KafkaAdmin(kafka).createTopics(wanted, timeoutMilliseconds: 30_000)
            }
            for topic in wanted {
                switch results[topic.name] ?? nil {
                case .none: Terminal.line("\(topic.name): created, \(topic.partitions) partitions")
                case .some(let error) where error.isTopicAlreadyExists: Terminal.line("\(topic.name): already exists")
                case .some(let error): throw error
                }
            }
        }
    }
}
