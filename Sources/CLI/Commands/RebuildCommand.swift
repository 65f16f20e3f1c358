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
        abstract: "Builds the view in Redis again from the log, and swaps it with the old one in one step.",
        discussion: """
            The new view is built in an empty database of the same Redis. Meanwhile servers and workers use the old \
            view. When the new view is complete, the two databases are swapped and the old view is dropped. Redis needs \
            memory for both.

            Use it also to change a setting that shapes numbers (--shards, --currency, --owner-credit, \
            --excluded-statuses, --time-zone): give the new values here, and afterwards restart workers and servers with \
            the same values.

            If it is interrupted, the old view is unchanged. Run it again, and it continues.

            Exit codes: 0 done, or you answered no; 1 the rebuild failed; 2 bad usage or configuration; 130 and 143 on \
            signals.
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var rules: RulesOptions

    @Flag(name: .shortAndLong, help: "Do not ask for confirmation; needed where there is no terminal.")
    var yes = false

    @Flag(help: "Drop what an interrupted rebuild left and start from the beginning, instead of continuing.")
    var startOver = false

    @Flag(help: "Build from a log whose beginning was deleted; orders that are only in the deleted part are lost.")
    var acceptDeleted = false

    @Option(
        help: ArgumentHelp(
            """
            The number of threads, each with its own partitions, \(Settings.laneBounds.lowerBound) to \
            \(Settings.laneBounds.upperBound) (default: \(WorkerSettings.defaultLanes)).
            """,
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
            "The rebuild applies \(plan.records) records of \(plan.ends.count) partitions to a new view in database "
                + "\(plan.newDatabase) of this Redis.",
            "Then the new view replaces the one in database \(plan.database) (\(plan.keys) keys), which is dropped. Until then "
                + "everyone sees the old view.",
        ]
        if plan.resumes {
            lines.insert("Continues with what an interrupted rebuild left in database \(plan.newDatabase).", at: 0)
        }
        if let stored = plan.storedSettings, stored != settings {
            lines.append("The settings change:\n  from \(stored)\n  to   \(settings)")
            lines.append(
                "Afterwards, workers and servers with the old settings stop working: restart them with the new settings."
            )
        }
        return lines.joined(separator: "\n")
    }

    private static func ask() throws {
        guard isatty(STDIN_FILENO) == 1 else {
            throw SettingsError(
                description: "there is no terminal to ask for confirmation; give --yes to rebuild without it"
            )
        }
        Terminal.write("Continue? [y/N] ", to: .standardOutput)
        guard let answer = readLine()?.lowercased(), ["y", "yes"].contains(answer) else {
            Terminal.line("nothing was changed")
            throw ExitCode(0)
        }
    }
}
