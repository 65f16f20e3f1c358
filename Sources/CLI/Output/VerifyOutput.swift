import Foundation
import Operations
import SalesRules
import Synchronization

/// Prints each difference when it is found, as text or inside one JSON object.
final class DifferencePrinter: Sendable {
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
        Terminal.line(Terminal.visible("\(difference)", isLine: true))
        let parts = difference.orders.map { order in
            "\(order.id)" + (order.amount.map { " \(Money.text($0, in: currency))" } ?? "")
        }
        if parts.isEmpty { return }
        let more = difference.orderCount - parts.count
        Terminal.line("    orders: " + parts.joined(separator: ", ") + (more > 0 ? " and \(more) more" : ""))
    }

    func end(_ summary: VerifySummary) {
        if isJSON {
            Terminal.line("],\n\"summary\":" + Self.text(JSONSummary(summary)) + "}")
            return
        }
        for note in summary.notes { Terminal.line("note: \(note)") }
        if !summary.unsettled.isEmpty {
            Terminal.line(
                "unsettled: earlier orders are still being counted into \(summary.unsettled.joined(separator: ", ")); "
                    + "run verify again later"
            )
        }
        if summary.otherKeys > 0 {
            Terminal.line(
                "note: \(summary.otherKeys) keys in this database belong to other programs and were not checked"
            )
        }
        Terminal.line(
            "checked \(summary.orders) orders in \(summary.records) records, \(summary.days) days of people, "
                + "\(summary.catalog) targets and people, \(summary.overlaps) shared targets, \(summary.keys) keys: "
                + (summary.differences == 0 ? "nothing differs" : "\(summary.differences) differ")
        )
        if summary.differences > 0 {
            Terminal.line("run `salestargets rebuild` to build everything again from the log")
        }
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

    init(_ summary: VerifySummary) {
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

/// Shows one progress bar for each phase, one below the other.
final class ProgressBars: Sendable {
    private let current = Mutex<(phase: VerifyProgress.Phase, total: Int, bar: ProgressBar)?>(nil)

    func show(_ progress: VerifyProgress) {
        current.withLock { current in
            if current?.phase != progress.phase || current?.total != progress.total {
                if current?.phase != progress.phase { current?.bar.end() }
                current = (progress.phase, progress.total, ProgressBar(progress.phase.rawValue, total: progress.total))
            }
            current?.bar.show(progress.done)
        }
    }

    /// Ends the current bar, so that other output starts on a new line.
    func interrupt() {
        current.withLock { current in
            current?.bar.end()
            current = nil
        }
    }
}
