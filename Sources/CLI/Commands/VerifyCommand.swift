import ArgumentParser
import Foundation
import Ledger
import Operations
import SalesRules
import Synchronization

struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Computes every number from the log and compares it with the one in Redis.",
        discussion: """
            Reads the whole log and computes the entry of every order; and from the entries every tally of a day, every \
            list of orders and the overlap of every shared target. It does not use the code that posts. Workers can run \
            meanwhile: each part is compared as of the moment when it was read.

            Each difference is printed with the orders behind it. `salestargets rebuild` repairs them. Give the same \
            settings as the workers. Entries are kept in a temporary file in TMPDIR, about 250 bytes for each order.

            If partitions were added, and events of one order without a version are in several partitions, their order \
            is unknown. Such an entry may differ although nothing is wrong.

            Exit codes: 0 nothing differs; 1 something differs, or the check failed; 2 bad usage or configuration; 130 \
            and 143 on signals.
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var rules: RulesOptions

    @Flag(help: "Print one JSON object, with the differences and a summary, instead of text.")
    var json = false

    @Flag(help: "Trust the entries of orders in Redis and check only what is computed from them; this is faster.")
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
