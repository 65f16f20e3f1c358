import Model
import SalesRules

@testable import Events

extension Fuzz {
    /// Reads tables of targets. If the first byte is odd, a header is put before the rest. If it is above 127, the rest is
    /// the name of a target, which is exported and imported.
    static let tables = FuzzTarget(
        name: "tables",
        run: { readTable($0) },
        seeds: {
            let row = "Q1,revenue,1250.50,2026-01-01,2026-03-31,u-1;u-2\r\n"
            let seeds: [(UInt8, String)] = [
                (1, row), (1, row + row), (1, "\"a \"\"b\"\",\nc\",orders,12,2026-01-01,2026-12-31, u-1 ; u-2 ;\n"),
                (0, "\u{feff}id,name,measure,goal,start,end,assignees,currency\nT-1," + row.dropLast(2) + ",EUR\n"),
                (0, TargetTable.columns.joined(separator: ",")), (1, "'=1+1,revenue,1,2026-01-01,2036-01-01,u\n"),
                (3, row), (128, "=1+1"), (128, "'@sum"), (128, "a \"b\", c\r\n"), (128, "-12.50"),
            ]
            return seeds.map { [$0.0] + Array($0.1.utf8) }
        },
        words: TargetTable.columns + ["revenue", "orders", "\"\"", "\r\n", "2026-01-01", "\u{feff}", "'="]
    )

    private static func readTable(_ input: Input) {
        var reader = InputReader(input)
        let control = reader.byte()
        let currency: Currency = control & 2 == 0 ? .euro : .yen
        if control >= 128 {
            // Spaces at both ends of a cell are ignored.
            guard let name = String(validating: reader.rest, as: UTF8.self), name == name.withoutSpaces else { return }
            return requireBack([target(named: name)], currency)
        }
        let header = control & 1 == 1 ? Array("name,measure,goal,start,end,assignees\n".utf8) : []
        let table = TargetTable(reading: header + reader.rest, currency: currency)
        for mistake in table.mistakes {
            requireOneLine(mistake.description)
            require(mistake.line >= 1 && mistake.column >= 1, "a mistake without a line or column: \(mistake)")
        }
        for row in table.rows { check(row.target, id: row.target.id) }
        let ids = table.rows.compactMap(\.id)
        require(Set(ids).count == ids.count, "an id occurs twice")
        if table.mistakes.isEmpty { requireBack(table.rows.map(\.target), currency) }
    }

    private static func target(named name: String) -> Target {
        let period = Period(start: .epoch, end: .epoch)!
        return Target(id: id("T"), name: name, measure: .orders, goal: 1, period: period, assignees: [id("u")])!
    }

    /// Exports targets, imports them again, and compares.
    private static func requireBack(_ targets: [Target], _ currency: Currency) {
        var writer = CSVWriter()
        writer.row(["name", "measure", "goal", "start", "end", "assignees", "currency"])
        for target in targets {
            writer.row([
                target.name, target.measure.rawValue,
                target.measure == .revenue ? Money.text(target.goal, in: currency) : String(target.goal),
                target.period.start.description, target.period.end.description,
                target.assignees.map(\.rawValue).joined(separator: ";"), currency.code,
            ])
        }
        let table = TargetTable(reading: writer.bytes, currency: currency)
        require(table.mistakes.isEmpty, "the export cannot be imported: \(table.mistakes)")
        let back = table.rows.map(\.target.duplicateKey)
        require(back == targets.map(\.duplicateKey), "\(targets.map(\.duplicateKey)) is imported as \(back)")
    }
}

extension String {
    fileprivate var withoutSpaces: String {
        let isSpace = { (character: Character) in character == " " || character == "\t" }
        return String(drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    }
}
