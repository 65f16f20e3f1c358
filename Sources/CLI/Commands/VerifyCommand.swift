import ArgumentParser
import Foundation
import Ledger
import Operations
import SalesRules
import Synchronization

struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Works out every number anew and compares it with the one in Redis.",
        discussion: """
            Reads the log from its beginning and makes every order's entry from it, and from the entries every day's \
            tally, every list of orders and what shared targets take off; none of that by the code that posts. Workers \
            may go on meanwhile: each part is compared as of the very moment it was read.

            Prints each difference with the orders behind it. Where there is one, `salestargets rebuild` makes all of it \
            anew from the log. Settings must be those of the workers. Memory stays small: entries lie in a temporary \
            file, some 250 bytes for each order, in TMPDIR.

            Where partitions were added, and events of one order without a version lie in several, their order is \
            nobody's to tell, and such an entry may differ rightly.

            Exit codes: 0 nothing differs; 1 something does, or it could not be looked at; 2 bad usage or configuration.
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var rules: RulesOptions

    @Flag(help: "Print JSON: an object of differences, unsettled targets and what was looked at.")
    var json = false

    @Flag(help: "Take the entries of orders as they are, and compare only what is made from them; quicker.")
    var fromEntries = false

    func run() async throws {
        let settings = try common.settings(rules.words)
        let printer = DifferencePrinter(currency: try settings.rules.currency, json: json)
        let bars = ProgressBars()
        let verifier = try Verifier(
            try settings.operations,
            source: fromEntries ? .entries : .log,
            folder: FileManager.default.temporaryDirectory.path,
            report: { difference in
                bars.interrupt()
                printer.print(difference)
            },
            progress: { bars.show($0) }
        )
        let result = Mutex<VerifySummary?>(nil)
        printer.begin()
        try await UntilSignal.run {
            do {
                let summary = try await verifier.run()
                result.withLock { $0 = summary }
            } catch is CancellationError {
                return
            }
        } onSignal: {
            verifier.cancel()
        }
        bars.interrupt()
        guard let summary = result.withLock({ $0 }) else { return }
        printer.end(summary)
        if summary.differences > 0 { throw ExitCode(1) }
    }
}
