internal import Events
internal import HTTPTypes
internal import Hummingbird
internal import Ledger
internal import NIOCore
internal import SalesRules

/// Targets with their progress as a CSV table.
struct TargetExportRoutes: Sendable {
    let reader: LedgerReader
    let today: @Sendable () -> Day

    func add(to group: RouterGroup<Context>) {
        group.get("targets.csv") { request, context in try await table(request, context) }
    }

    private func table(_ request: Request, _ context: Context) async throws -> Response {
        let viewer = try context.requireReader()
        let query = try Query.read(request) { query in
            (year: query.year(), salesperson: query.salesperson(), measure: query.measure())
        }
        let person = try viewer.chosen(query.salesperson)
        var csv = CSVWriter()
        csv.row(TargetTable.columns)
        var last: Identifier?
        repeat {
            let filter = TargetFilter(year: query.year, person: person, measure: query.measure, after: last)
            let page = try await reader.targets(of: viewer.tenant) { catalog in
                let matching = catalog.targets.lazy.filter { filter.admits($0.target) }
                return Array(matching.prefix(TargetPage.length(of: matching.map(\.target), limit: 1_000)))
            }
            for result in page { csv.row(cells(of: result)) }
            last = page.last?.target.id
        } while last != nil
        return Response(
            status: .ok,
            headers: [
                .contentType: "text/csv; charset=utf-8; header=present",
                .contentDisposition: "attachment; filename=\"targets\(query.year.map { "-\($0)" } ?? "").csv\"",
            ],
            body: .init(byteBuffer: ByteBuffer(bytes: csv.bytes))
        )
    }

    /// In the order of ``TargetTable/columns``.
    private func cells(of result: TargetResult) -> [String] {
        let target = result.target
        let currency = reader.rules.currency
        let progress = Progress(of: target, realized: result.realized, today: today())
        func quantity(_ value: Int64) -> String { Quantity.text(value, target.measure, currency) }
        return [
            target.id.rawValue, target.name, target.measure.rawValue, currency.code, quantity(target.goal),
            target.period.start.description, target.period.end.description,
            target.assignees.map(\.rawValue).joined(separator: ";"),
            quantity(result.realized.quantity(target.measure)), String(result.realized.orders),
            Quantity.percent(progress.permille), quantity(progress.expected), quantity(progress.projected),
            progress.status.rawValue, result.isCounting ? "true" : "false",
            target.inYear ? "true" : "false",
        ]
    }
}
