import ArgumentParser
import Events
import Foundation
import Log
import Operations

struct DeadLettersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead-letters",
        abstract: "Lists and shows the records that could not be applied, and writes them back.",
        discussion: """
            A record that cannot be read, or that breaks a bound, is written to the dead-letter topic byte for byte, \
            with headers that give the reason and the place where it was read.
            """,
        subcommands: [List.self, Show.self, Replay.self]
    )

    struct FilterOptions: ParsableArguments {
        @Option(
            help: ArgumentHelp("Only dead letters that came from this topic (default: all topics).", valueName: "name")
        )
        var topic: String?

        @Option(
            help: ArgumentHelp(
                "Only dead letters whose reason contains this text, in upper or lower case (default: all).",
                valueName: "text"
            )
        )
        var reason: String?

        @Option(
            help: ArgumentHelp(
                "Only records of this UTC date or time, or later: 2026-03-14 or 2026-03-14T10:15:00Z (default: all).",
                valueName: "time"
            )
        )
        var since: String?

        @Option(
            help: ArgumentHelp("At most this number of dead letters, the newest (default: no limit).", valueName: "n")
        )
        var limit: Int?

        func validate() throws {
            if let limit, limit < 1 { throw ValidationError("--limit takes a number of 1 or more.") }
            if since != nil, milliseconds == nil {
                throw ValidationError("--since takes a date or a time of RFC 3339, for example 2026-03-14T10:15:00Z.")
            }
        }

        private var milliseconds: Int64? {
            guard let since else { return nil }
            let text = since.count == 10 ? since + "T00:00:00Z" : since
            return ISO8601DateFormatter().date(from: text).map { Int64($0.timeIntervalSince1970 * 1_000) }
        }

        var filter: DeadLetters.Filter {
            var filter = DeadLetters.Filter()
            (filter.topic, filter.reason, filter.since, filter.limit) = (topic, reason, milliseconds, limit)
            return filter
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "Lists dead letters, oldest first.",
            discussion: """
                Each line has the place (for `show`), the time, the origin, the key and the reason. "replayed" marks a \
                dead letter that was written back. "refused again" marks one that was refused after a replay.
                """
        )

        @OptionGroup var common: CommonOptions
        @OptionGroup var filter: FilterOptions

        @Flag(help: "Print JSON instead of text.")
        var json = false

        func run() async throws {
            let settings = try common.settings()
            let letters = DeadLetters(log: settings.log, topics: settings.topics)
            let entries = try await letters.list(filter.filter)
            if json {
                return Terminal.line(try DeadLetterText.json(["deadLetters": entries.map(DeadLetterText.Item.init)]))
            }
            for entry in entries { Terminal.line(DeadLetterText.line(entry)) }
            Terminal.line("\(entries.count) dead letter\(entries.count == 1 ? "" : "s")")
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show",
            abstract: "Shows one dead letter: its headers, and its value as text, or as hex if it is not text."
        )

        @OptionGroup var common: CommonOptions

        @Argument(
            help: ArgumentHelp(
                "The place of the dead letter, as `list` prints it, for example 0:17.",
                valueName: "partition:offset"
            )
        )
        var place: String

        @Flag(help: "Print JSON instead of text.")
        var json = false

        private var numbers: (Int32, Int64)? {
            let parts = place.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, let partition = Int32(parts[0]), let offset = Int64(parts[1]), partition >= 0,
                offset >= 0
            else { return nil }
            return (partition, offset)
        }

        func validate() throws {
            if numbers == nil { throw ValidationError("\"\(place)\" is not <partition>:<offset>, for example 0:17.") }
        }

        func run() async throws {
            let settings = try common.settings()
            let letters = DeadLetters(log: settings.log, topics: settings.topics)
            guard let (partition, offset) = numbers,
                let letter = try await letters.record(partition: partition, offset: offset)
            else {
                Terminal.write("salestargets: there is no dead letter at \(place)\n", to: .standardError)
                throw ExitCode(1)
            }
            if json { return Terminal.line(try DeadLetterText.json(DeadLetterText.Whole(letter))) }
            Terminal.line("time: \(DeadLetterText.time(letter.timestamp) ?? "unknown")")
            Terminal.line("key: \(letter.key.map(DeadLetterText.shown) ?? "null")")
            for header in letter.headers {
                Terminal.line("header \(header.name): \(header.value.map(DeadLetterText.shown) ?? "null")")
            }
            Terminal.line(letter.value.map(DeadLetterText.shown) ?? (letter.isValueLeftOut ? "(too large)" : "null"))
        }
    }

    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "replay",
            abstract: "Writes dead letters back to the topics that they came from.",
            discussion: """
                Each record is written byte for byte, with its key and its own headers, and with the header \
                dead-letter-origin. If it is refused again, this header shows its origin. A dead letter that was replayed \
                before is skipped, unless --again is given.

                An event with a version is applied at most once and never replaces a newer one. An event without a \
                version is applied as if it had just happened, also over a newer state: look at such events first.

                Exit codes: 0 done, or nothing to do; 1 a record could not be replayed, or you answered no; 2 bad usage \
                or configuration.
                """
        )

        @OptionGroup var common: CommonOptions
        @OptionGroup var filter: FilterOptions

        @Flag(help: "Do not ask for confirmation.")
        var yes = false

        @Flag(help: "Also replay dead letters that were replayed before.")
        var again = false

        func run() async throws {
            let settings = try common.settings()
            let letters = DeadLetters(log: settings.log, topics: settings.topics)
            let entries = try await letters.list(filter.filter)
            let ready = entries.count { letters.expectedOutcome(of: $0, again: again) == .replayed }
            let topics = Set(entries.compactMap(\.origin?.topic)).sorted().joined(separator: ", ")
            if ready > 0, !yes {
                for entry in entries.suffix(20) { Terminal.line(DeadLetterText.line(entry)) }
                Terminal.write(
                    "Write \(ready) of \(entries.count) dead letters back to \(topics)? [y/N] ",
                    to: .standardOutput
                )
                guard ["y", "yes"].contains(readLine()?.lowercased()) else {
                    Terminal.line("Nothing was written.")
                    throw ExitCode(1)
                }
            }
            let tally = ReplayTally()
            try await letters.replay(entries, again: again) { entry, outcome in
                tally.note(outcome)
                if case .refused(let reason) = outcome {
                    Terminal.write(
                        "\(entry.partition):\(entry.offset) was not replayed: \(reason)\n",
                        to: .standardError
                    )
                }
            }
            Terminal.line(tally.description)
            if tally.hasRefused { throw ExitCode(1) }
        }
    }
}
