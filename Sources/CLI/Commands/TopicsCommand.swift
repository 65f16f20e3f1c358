import ArgumentParser
import Concurrency
import Events
import Kafka

struct TopicsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "topics",
        abstract: "Makes the topics.",
        subcommands: [Create.self]
    )

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "create",
            abstract: "Creates the topics that are not there yet.",
            discussion: """
                All are kept for ever, so that the results can always be made anew. With --compact Kafka keeps only the \
                newest event of each key: right where every save of an order lists its allocations, or none ever does.
                Partitions may be added later, but then only versions keep the order of an order's events: choose enough \
                at once.
                """
        )

        @OptionGroup var common: CommonOptions

        @Option(help: ArgumentHelp("Partitions of each topic; as many lanes can share the work.", valueName: "n"))
        var partitions: Int32 = 12

        @Option(help: ArgumentHelp("Copies of each partition; -1 is the broker's default.", valueName: "n"))
        var replicationFactor: Int16 = -1

        @Flag(help: "Let Kafka keep only the newest event of each key.")
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
                        // A record that was let in under a topic's own limit has to fit here with its reasons.
                        configuration: ["retention.ms": "-1", "max.message.bytes": "10485760"]
                    )
                ]
            let results = try await BlockingThread.run("topics") {
                try KafkaAdmin(kafka).createTopics(wanted, timeoutMilliseconds: 30_000)
            }
            for topic in wanted {
                switch results[topic.name] ?? nil {
                case .none: Terminal.line("\(topic.name): created, \(topic.partitions) partitions")
                case .some(let error) where error.isTopicAlreadyExists: Terminal.line("\(topic.name): is there already")
                case .some(let error): throw error
                }
            }
        }
    }
}
