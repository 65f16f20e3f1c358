import ArgumentParser
import Foundation
import Ledger
import SalesRules
import Synchronization
import Worker

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
        let auditor = try Auditor(
            try settings.worker,
            source: fromEntries ? .entries : .log,
            folder: FileManager.default.temporaryDirectory.path,
            report: { difference in
                bars.interrupt()
                printer.print(difference)
            },
            progress: { bars.show($0) }
        )
        let result = Mutex<AuditSummary?>(nil)
        printer.begin()
        try await UntilSignal.run {
            do {
                let summary = try await auditor.run()
                result.withLock { $0 = summary }
            } catch is CancellationError {
                return
            }
        } onSignal: {
            auditor.cancel()
        }
        bars.interrupt()
        guard let summary = result.withLock({ $0 }) else { return }
        printer.end(summary)
        if summary.differences > 0 { throw ExitCode(1) }
    }
}

/// Prints differences as they come, as text or as the members of one JSON object.
private final class DifferencePrinter: Sendable {
    private let currency: Currency
    private let isJSON: Bool
    private let count = Mutex(0)

    init(currency: Currency, json: Bool) {
        self.currency = currency
        isJSON = json
    }

    func begin() {
        if isJSON { Terminal.write("{\"differences\":[", to: .standardOutput) }
    }

    func print(_ difference: Difference) {
        let number = count.withLock { count in
            count += 1
            return count
        }
        if isJSON {
            Terminal.write(
                (number == 1 ? "\n" : ",\n") + Self.text(JSONDifference(difference, currency)),
                to: .standardOutput
            )
            return
        }
        Terminal.line("\(difference)")
        let parts = difference.orders.map { order in
            "\(order.id)" + (order.amount.map { " \(Money.text($0, in: currency))" } ?? "")
        }
        if parts.isEmpty { return }
        let more = difference.orderCount - parts.count
        Terminal.line("    orders: " + parts.joined(separator: ", ") + (more > 0 ? " and \(more) more" : ""))
    }

    func end(_ summary: AuditSummary) {
        if isJSON {
            Terminal.line("],\n\"summary\":" + Self.text(JSONSummary(summary)) + "}")
            return
        }
        for note in summary.notes { Terminal.line("note: \(note)") }
        if !summary.unsettled.isEmpty {
            Terminal.line(
                "unsettled: earlier orders are still being counted into \(summary.unsettled.joined(separator: ", ")); "
                    + "run this again when workers have done that"
            )
        }
        if summary.otherKeys > 0 {
            Terminal.line(
                "note: \(summary.otherKeys) keys in this Redis are another program's, and were not looked into"
            )
        }
        Terminal.line(
            "looked at \(summary.orders) orders in \(summary.records) records, \(summary.days) days of people, "
                + "\(summary.catalog) targets and people, \(summary.overlaps) shared targets, \(summary.keys) keys: "
                + (summary.differences == 0 ? "nothing differs" : "\(summary.differences) differ")
        )
        if summary.differences > 0 { Terminal.line("`salestargets rebuild` makes all of it anew from the log") }
    }

    private static func text(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "null"
    }
}

private struct JSONDifference: Encodable {
    let kind: String
    let key: String
    let problem: String
    let orders: [Behind]
    let orderCount: Int

    struct Behind: Encodable {
        let id: String
        let amount: String?
    }

    init(_ difference: Difference, _ currency: Currency) {
        kind = difference.kind.rawValue
        key = difference.key
        problem = difference.problem
        orders = difference.orders.map { order in
            Behind(id: order.id.rawValue, amount: order.amount.map { Money.text($0, in: currency) })
        }
        orderCount = difference.orderCount
    }
}

private struct JSONSummary: Encodable {
    let differences: Int
    let orders: Int
    let records: Int
    let days: Int
    let catalog: Int
    let sharedTargets: Int
    let keys: Int
    let otherKeys: Int
    let unsettled: [String]
    let notes: [String]

    init(_ summary: AuditSummary) {
        differences = summary.differences
        orders = summary.orders
        records = summary.records
        days = summary.days
        catalog = summary.catalog
        sharedTargets = summary.overlaps
        keys = summary.keys
        otherKeys = summary.otherKeys
        unsettled = summary.unsettled
        notes = summary.notes
    }
}

/// A bar for each phase, one under the other.
private final class ProgressBars: Sendable {
    private let current = Mutex<(phase: AuditProgress.Phase, total: Int, bar: ProgressBar)?>(nil)

    func show(_ progress: AuditProgress) {
        current.withLock { current in
            if current?.phase != progress.phase || current?.total != progress.total {
                if current?.phase != progress.phase { current?.bar.end() }
                current = (progress.phase, progress.total, ProgressBar(progress.phase.rawValue, total: progress.total))
            }
            current?.bar.show(progress.done)
        }
    }

    /// Lets something else be printed.
    func interrupt() {
        current.withLock { current in
            current?.bar.end()
            current = nil
        }
    }
}
