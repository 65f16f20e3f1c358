package import SalesRules

/// A mistake in a table.
package struct TableMistake: Error, Hashable, Sendable, CustomStringConvertible {
    /// From 1.
    package let line: Int
    /// From 1.
    package let column: Int
    /// The column's name; nil in the header and in columns that the header does not have.
    package var name: String?
    /// What is wrong.
    package let reason: String

    init(line: Int, column: Int, name: String? = nil, reason: String) {
        self.line = line
        self.column = column
        self.name = name
        self.reason = reason
    }

    init(_ cell: CSVReader.Cell, name: String? = nil, _ reason: String) {
        self.init(line: cell.line, column: cell.column, name: name, reason: reason)
    }

    /// `line 3, column 4 (start): "2026-13-01" is not a date YYYY-MM-DD`
    package var description: String {
        "line \(line), column \(column)\(name.map { " (\($0))" } ?? ""): \(reason)"
    }
}

/// A table of targets: `targets import` reads it, and `/targets.csv` writes it.
package struct TargetTable: Sendable {
    /// A row with its target.
    package struct Row: Sendable {
        /// The line it begins in, from 1.
        package let line: Int
        /// Nil when the row has no id.
        package let id: Identifier?
        /// Nil when the row does not say it: what there is stays as it is.
        package let inYear: Bool?
        /// The target. Its own `id` is only a placeholder when the row has no id.
        package let target: Target
    }

    /// The rows without a mistake. Use them only if ``mistakes`` is empty.
    package private(set) var rows: [Row] = []
    /// All mistakes, in the order of the lines.
    package private(set) var mistakes: [TableMistake] = []

    /// The most bytes a table may have.
    package static let maximumSize = 16_777_216
    /// The columns of an export, in their order. An import accepts them all and reads some of them.
    package static let columns = [
        "id", "name", "measure", "currency", "goal", "start", "end", "assignees", "realized", "orders", "percent",
        "expected", "projected", "status", "counting", "inYear",
    ]
    private static let known = Set(columns.map { $0.lowercased() })
    private static let required = ["name", "measure", "goal", "start", "end", "assignees"]

    private let currency: Currency
    private var ids: Set<Identifier> = []

    /// Reads a whole table and collects all mistakes.
    /// - Parameter currency: the reporting currency, the currency of goals.
    package init(reading bytes: [UInt8], currency: Currency) {
        self.currency = currency
        var reader = CSVReader(bytes)
        do throws(TableMistake) {
            guard var header = try reader.row() else {
                throw TableMistake(line: 1, column: 1, reason: "the file is empty")
            }
            // Spreadsheets keep columns that were empty once.
            while header.last?.text.trimmed.isEmpty == true { header.removeLast() }
            let names = header.map { $0.text.trimmed.lowercased() }
            check(header, names)
            // Without its header a table cannot be read.
            guard mistakes.isEmpty else { return }
            while let cells = try reader.row() { read(cells, names) }
        } catch {
            mistakes.append(error)
        }
    }

    private mutating func check(_ header: [CSVReader.Cell], _ names: [String]) {
        if names.count == 1, names[0].contains(";") {
            return mistakes.append(TableMistake(header[0], "the columns are separated by semicolons, not by commas"))
        }
        for (place, (cell, name)) in zip(header, names).enumerated() {
            if !Self.known.contains(name) {
                let known = Self.required.joined(separator: ", ")
                mistakes.append(
                    TableMistake(
                        cell,
                        "\(EventError.quoting(cell.text)) is not a known column: use \(known) and, optionally, id"
                    )
                )
            } else if names[..<place].contains(name) {
                mistakes.append(TableMistake(cell, "\(EventError.quoting(cell.text)) occurs twice"))
            }
        }
        for name in Self.required where !names.contains(name) {
            mistakes.append(TableMistake(line: 1, column: names.count + 1, reason: "the column \(name) is missing"))
        }
    }

    private mutating func read(_ row: [CSVReader.Cell], _ names: [String]) {
        var cells = row
        while cells.count > names.count, cells.last?.text.trimmed.isEmpty == true { cells.removeLast() }
        // Spreadsheets may leave out the last cells where they are empty.
        let leftOut = names.dropFirst(cells.count)
        guard cells.count <= names.count, leftOut.allSatisfy({ !Self.required.contains($0) }) else {
            let place = min(cells.count, names.count + 1)
            return mistakes.append(
                TableMistake(
                    line: cells[0].line,
                    column: place,
                    reason: "the row has \(cells.count) cells, but the header has \(names.count)"
                )
            )
        }
        var row = TargetRow(cells: Dictionary(uniqueKeysWithValues: zip(names, cells)), currency: currency)
        let found = row.read()
        if let id = found?.id, !ids.insert(id).inserted {
            row.refuse("id", "\(EventError.quoting(id.rawValue)) occurs twice")
        }
        mistakes += row.mistakes.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
        if let found {
            rows.append(Row(line: cells[0].line, id: found.id, inYear: found.inYear, target: found.target))
        }
    }
}

/// Reads the cells of one row.
private struct TargetRow {
    let cells: [String: CSVReader.Cell]
    let currency: Currency
    private(set) var mistakes: [TableMistake] = []

    init(cells: [String: CSVReader.Cell], currency: Currency) {
        self.cells = cells
        self.currency = currency
    }

    mutating func refuse(_ name: String, _ reason: String) {
        if let cell = cells[name] { mistakes.append(TableMistake(cell, name: name, reason)) }
    }

    /// - Returns: nil after a mistake.
    mutating func read() -> (id: Identifier?, inYear: Bool?, target: Target)? {
        let id = text("id").isEmpty ? nil : value("id", "an id") { Identifier($0) }
        let measure = value("measure", "revenue or orders") { Measure(rawValue: $0.lowercased()) }
        let goal = measure.flatMap { self.goal($0) }
        let start = value("start", "a date YYYY-MM-DD") { Day($0) }
        let end = value("end", "a date YYYY-MM-DD") { Day($0) }
        let period = start.flatMap { start in end.flatMap { self.period(start, $0) } }
        let assignees = self.assignees()
        let inYear = text("inyear").isEmpty ? nil : value("inyear", "true or false") { Bool($0.lowercased()) }
        if !text("currency").isEmpty, text("currency") != currency.code {
            refuse("currency", "\(EventError.quoting(text("currency"))) is not \(currency), the reporting currency")
        }
        guard mistakes.isEmpty, let measure, let goal, let period else { return nil }
        let target = Target(
            id: id ?? Identifier("unnamed")!,
            name: ShownText.cut(name),
            measure: measure,
            goal: goal,
            period: period,
            assignees: assignees,
            inYear: inYear ?? true
        )
        return target.map { (id, inYear, $0) }
    }

    /// The name as it is: an import of what was exported changes nothing, not the spaces around a name either.
    private var name: String { Self.unguarded(cells["name"]?.text ?? "") }

    private func text(_ name: String) -> String { Self.unguarded(cells[name]?.text.trimmed ?? "") }

    /// The text without the `'` that an export puts before what looks like a formula. Ids can look like one, because
    /// they may begin with `-` or `@`.
    private static func unguarded(_ text: String) -> String {
        CSVWriter.isGuarded(text) ? String(text.unicodeScalars.dropFirst()) : text
    }

    private mutating func value<Value>(_ name: String, _ expected: String, _ read: (String) -> Value?) -> Value? {
        let value = read(text(name))
        if value == nil { refuse(name, "\(EventError.quoting(text(name))) is not \(expected)") }
        return value
    }

    private mutating func goal(_ measure: Measure) -> Int64? {
        let currency = currency
        return value("goal", measure == .revenue ? "an amount above zero" : "a number of orders above zero") { text in
            (try? Decimal(text)).flatMap { measure.goal($0, in: currency) }
        }
    }

    private mutating func period(_ start: Day, _ end: Day) -> Period? {
        guard let period = Period(start: start, end: end) else {
            refuse("end", "is before the start")
            return nil
        }
        guard period.days <= Target.maximumDays else {
            refuse("end", "is more than ten years after the start")
            return nil
        }
        return period
    }

    private mutating func assignees() -> [Identifier] {
        let names = text("assignees").split(separator: ";").map { String($0).trimmed }.filter { !$0.isEmpty }
        if names.isEmpty { refuse("assignees", "is empty") }
        if names.count > Target.maximumAssignees {
            refuse("assignees", "has more than \(Target.maximumAssignees) entries")
        }
        return names.compactMap { name in
            let id = Identifier(name)
            if id?.isPerson != true { refuse("assignees", "\(EventError.quoting(name)) is not a person's id") }
            return id
        }
    }
}

extension String {
    /// The text without spaces and tabs at its beginning and end.
    fileprivate var trimmed: String {
        let isSpace = { (character: Character) in character == " " || character == "\t" }
        return String(drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    }
}
