import ArgumentParser
import Foundation
import Operations

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Shows how far the results are behind the log, and each problem.",
        discussion: """
            For each partition: the end of the log, the applied position, the lag in records, and the records applied \
            in the last second. Then the members of the consumer group, the state of Redis, the stored settings, and for \
            each problem one sentence with what to do.

            Exit codes: 0 no problem; 1 there is a problem, or the status cannot be read; 2 bad usage or configuration; \
            130 ended by a signal.
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var rules: RulesOptions

    @Flag(help: "Print JSON instead of text.")
    var json = false

    @Flag(help: "Repeat every second until Ctrl-C.")
    var watch = false

    func run() async throws {
        let settings = try common.settings(rules.words)
        let operations = try settings.operations
        let (json, watch) = (json, watch)
        try await UntilSignal.run {
            repeat {
                let status = try await SystemStatus.read(
                    operations,
                    apart: .seconds(1),
                    now: Int(Date().timeIntervalSince1970)
                )
                if json {
                    Terminal.line(try StatusText.json(status, group: operations.group))
                } else {
                    if watch, isatty(STDOUT_FILENO) == 1 { Terminal.clear() }
                    Terminal.line(StatusText.text(status, group: operations.group))
                }
                if !watch, !status.problems.isEmpty { throw ExitCode(1) }
            } while watch
        } onSignal: {
            // The command only reads, so it can end at once.
            Foundation.exit(130)
        }
    }
}
