import ArgumentParser
import Foundation
import Operations

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Shows how far the results are behind the log, and what is wrong.",
        discussion: """
            For each partition: the end of the log, up to where it is applied, how many records that is behind, and how \
            many were applied in the last second. Then who is in the workers' group, how Redis is, and in one sentence \
            each what is wrong and what to do about it.

            Exit codes: 0 all is well; 1 something is wrong; 2 bad usage or configuration.
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var rules: RulesOptions

    @Flag(help: "Print JSON.")
    var json = false

    @Flag(help: "Show it again and again, until Ctrl-C.")
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
                    if watch, isatty(STDOUT_FILENO) == 1 { Terminal.write("\u{1b}[H\u{1b}[2J", to: .standardOutput) }
                    Terminal.line(StatusText.text(status, group: operations.group))
                }
                if !watch, !status.problems.isEmpty { throw ExitCode(1) }
            } while watch
        } onSignal: {
            // Nothing is under way that has to come to an end.
            Foundation.exit(130)
        }
    }
}
