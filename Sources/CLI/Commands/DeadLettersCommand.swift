import ArgumentParser
import Events
import Foundation
import Log
import Operations

struct DeadLettersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead-letters",
        abstract: "Shows the records that could not be applied, and puts them back.",
        discussion: """
            A record that cannot be read or breaks a bound is put aside into the topic of dead letters, byte for byte, \
            with headers that say why and where it came from.
            """,
        subcommands: [List.self, Show.self, Replay.self]
    )

    struct FilterOptions: ParsableArguments {
        @Option(help: ArgumentHelp("Only those that came from this topic.", valueName: "name"))
        var topic: String?

        @Option(help: ArgumentHelp("Only those whose reason contains this, in any case.", valueName: "text"))
        var reason: String?

        @Option(
            help: ArgumentHelp(
                "Only records of this time or later: 2026-03-14 or 2026-03-14T10:15:00Z.",
                valueName: "time"
            )
        )
        var since: String?

        @Option(help: ArgumentHelp("Only the newest so many.", valueName: "n"))
        var limit: Int?

        func validate() throws {
            if let limit, limit < 1 { throw ValidationError("--limit takes a number from 1.") }
            if since != nil, milliseconds == nil {
                throw ValidationError("--since takes a date or a time of RFC 3339, as in 2026-03-14T10:15:00Z.")
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
            abstract: "Lists them, oldest first.",
            discussion: """
                Each line: its place, as `show` takes it; its time; where it came from; its key; and why it was refused. \
                "replayed" marks those that were put back, "refused again" those that came back from there.
                """
        )

        @OptionGroup var common: CommonOptions
        @OptionGroup var filter: FilterOptions

        @Flag(help: "Print JSON.")
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
            abstract: "Shows one of them: its headers, and its value as text, or in hex where it is none."
        )

        @OptionGroup var common: CommonOptions

        @Argument(help: ArgumentHelp("Its place, as `list` gives it: 0:17.", valueName: "partition:offset"))
        var place: String

        @Flag(help: "Print JSON.")
        var json = false

        private var numbers: (Int32, Int64)? {
            let parts = place.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, let partition = Int32(parts[0]), let offset = Int64(parts[1]), partition >= 0,
                offset >= 0
            else { return nil }
            return (partition, offset)
        }

        func validate() throws {
            if numbers == nil { throw ValidationError("\"\(place)\" is no <partition>:<offset>, as in 0:17.") }
        }

        func run() async throws {
            let settings = try common.settings()
            let letters = DeadLetters(log: settings.log, topics: settings.topics)
            guard let (partition, offset) = numbers,
                let letter = try await letters.letter(partition: partition, offset: offset)
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
            abstract: "Writes them back to the topics they came from.",
            discussion: """
                Byte for byte, with their key and their own headers, and one more that names their origin \
                (dead-letter-origin), by which they are known if they are refused again. What was replayed once is \
                skipped, unless --again is given. An event with a version counts once however often it comes, and never \
                over a newer one; an event without one applies as if it had just happened, over anything newer: look at \
                those first.

                Exit codes: 0 done, or nothing to do; 1 some could not be replayed, or the answer was no; 2 bad usage.
                """
        )

        @OptionGroup var common: CommonOptions
        @OptionGroup var filter: FilterOptions

        @Flag(help: "Do not ask.")
        var yes = false

        @Flag(help: "Also those that were replayed before.")
        var again = false

        func run() async throws {
            let settings = try common.settings()
            let letters = DeadLetters(log: settings.log, topics: settings.topics)
            let entries = try await letters.list(filter.filter)
            let ready = entries.count { letters.outlook(of: $0, again: again) == .replayed }
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
