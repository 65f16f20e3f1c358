import ArgumentParser
import Foundation
import Ledger
import Logging
import Operations
import Synchronization
import Worker

struct RebuildCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rebuild",
        abstract: "Makes everything in Redis anew from the log, and lets it take the old one's place in one step.",
        discussion: """
            The new view is built in an empty database of the same Redis. Until it is done, the server shows the old one, \
            and workers may go on with it; then the two change places, and the old one is dropped. Redis needs memory for \
            both.

            Also the way to change a setting that shapes numbers (--shards, --currency, --owner-credit, \
            --excluded-statuses, --time-zone): give the new ones here, and start workers and server anew with them \
            afterwards.

            Interrupted, it leaves the old view as it was; run again, it goes on where it was.

            Exit codes: 0 done; 1 it could not be done; 2 bad usage or configuration; 130 and 143 on signals.
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var rules: RulesOptions

    @Flag(name: .shortAndLong, help: "Do not ask.")
    var yes = false

    @Flag(help: "Begin again, instead of going on with what an interrupted rebuild left.")
    var startOver = false

    @Flag(help: "Build from what is left of a log whose beginning is deleted.")
    var acceptDeleted = false

    @Option(
        help: ArgumentHelp(
            "Threads, each with its own partitions (default: \(WorkerSettings.defaultLanes)).",
            valueName: "n"
        )
    )
    var lanes: Int?

    func run() async throws {
        let settings = try common.settings(rules.words.merging(["lanes": lanes.map(String.init)]) { $1 })
        var logger = common.logger("rebuild")
        if logger.logLevel == .info { logger.logLevel = .warning }
        let operations = try settings.operations
        let plan = try await RebuildSurvey(operations).plan(startsOver: startOver)
        Terminal.line(Self.text(plan, with: operations.ledger.text))
        if !yes { try Self.ask() }
        let rebuild = Rebuild(
            operations,
            acceptsDeleted: acceptDeleted,
            applier: WorkerApplier(settings: try settings.worker, logger: logger)
        )
        let total = Int(plan.records)
        let bar = Mutex(ProgressBar("records  ", total: total))
        let start = ContinuousClock.now
        let isDone = Mutex(false)
        try await UntilSignal.run {
            do {
                try await rebuild.run(plan) { done in bar.withLock { $0.show(min(done, total)) } }
                isDone.withLock { $0 = true }
            } catch is CancellationError {
                return
            }
        } onSignal: {
            rebuild.cancel()
        }
        bar.withLock { $0.end() }
        guard isDone.withLock({ $0 }) else { return }
        let seconds = start.duration(to: .now) / .seconds(1)
        Terminal.line(
            "the new view is in place: \(total) records in \(seconds.formatted(.number.precision(.fractionLength(1)))) s"
        )
    }

    private static func text(_ plan: RebuildPlan, with settings: String) -> String {
        var lines = [
            "\(plan.records) records of \(plan.ends.count) partitions are applied to a new view in database \(plan.beside) of "
                + "this Redis.",
            "It then takes the place of the one in database \(plan.place) (\(plan.keys) keys), which is dropped; until then "
                + "that is what everyone sees.",
        ]
        if plan.resumes {
            lines.insert("Goes on with what an interrupted rebuild left in database \(plan.beside).", at: 0)
        }
        if let kept = plan.kept, kept != settings {
            lines.append("The settings change:\n  from \(kept)\n  to   \(settings)")
            lines.append("Workers and servers with the former ones stop working when it is done: start them anew.")
        }
        return lines.joined(separator: "\n")
    }

    private static func ask() throws {
        guard isatty(STDIN_FILENO) == 1 else {
            throw SettingsError(description: "nobody is there to be asked: give --yes to do it")
        }
        Terminal.write("Go on? [y/N] ", to: .standardOutput)
        guard let answer = readLine()?.lowercased(), ["y", "yes"].contains(answer) else {
            Terminal.line("nothing was changed")
            throw ExitCode(0)
        }
    }
}
