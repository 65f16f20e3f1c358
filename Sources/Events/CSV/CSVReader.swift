/// Reads a table in CSV (RFC 4180) with the place of each cell, so that a mistake can be reported with line and column.
/// A line may end without a carriage return. Rows without a text are skipped: spreadsheets leave empty lines and rows of
/// separators. A first line `sep=;` names the separator, as spreadsheets understand it.
struct CSVReader {
    struct Cell {
        var text: String
        /// The line it begins in, from 1.
        let line: Int
        /// Its place in the row, from 1.
        let column: Int
    }

    private let bytes: ArraySlice<UInt8>
    private var position: Int
    private var line = 1
    private var separator = UInt8(ascii: ",")

    private static let quote = UInt8(ascii: "\"")
    private static let lineFeed = UInt8(ascii: "\n")

    init(_ bytes: [UInt8]) {
        let byteOrderMark: [UInt8] = [0xef, 0xbb, 0xbf]
        self.bytes = bytes.starts(with: byteOrderMark) ? bytes.dropFirst(byteOrderMark.count) : bytes[...]
        position = self.bytes.startIndex
        readSeparator()
    }

    private mutating func readSeparator() {
        let first = bytes.prefix { $0 != Self.lineFeed && $0 != UInt8(ascii: "\r") }
        for separator in [",", ";", "\t"] {
            let hint = "sep=\(separator)"
            guard first.elementsEqual(hint.utf8) || first.elementsEqual("\"\(hint)\"".utf8) else { continue }
            self.separator = separator.utf8.first ?? self.separator
            position = first.endIndex
            endLine()
        }
    }

    /// The next row; nil at the end.
    /// - Throws: a mistake in quotes or in the encoding; the rest cannot be read then.
    mutating func row() throws(TableMistake) -> [Cell]? {
        while position < bytes.endIndex {
            var cells: [Cell] = []
            repeat { cells.append(try cell(column: cells.count + 1)) } while skipSeparator()
            endLine()
            if cells.contains(where: { !$0.text.isEmpty }) { return cells }
        }
        return nil
    }

    /// - Returns: whether there was a separator.
    private mutating func skipSeparator() -> Bool {
        guard position < bytes.endIndex, bytes[position] == separator else { return false }
        position += 1
        return true
    }

    /// Skips the end of a line, or does nothing at the end of the text.
    private mutating func endLine() {
        if position < bytes.endIndex, bytes[position] == UInt8(ascii: "\r") { position += 1 }
        if position < bytes.endIndex, bytes[position] == Self.lineFeed { position += 1 }
        line += 1
    }

    private var isAtEndOfCell: Bool {
        guard position < bytes.endIndex else { return true }
        switch bytes[position] {
        case separator, Self.lineFeed: return true
        case UInt8(ascii: "\r"): return position + 1 == bytes.endIndex || bytes[position + 1] == Self.lineFeed
        default: return false
        }
    }

    private mutating func cell(column: Int) throws(TableMistake) -> Cell {
        let start = line
        func mistake(_ reason: String) -> TableMistake { TableMistake(line: start, column: column, reason: reason) }
        var text: [UInt8] = []
        if position < bytes.endIndex, bytes[position] == Self.quote {
            position += 1
            try readQuoted(into: &text, mistake)
            guard isAtEndOfCell else { throw mistake("there is text after the closing quote") }
        } else {
            while !isAtEndOfCell {
                guard bytes[position] != Self.quote else {
                    throw mistake("there is a quote in a cell that does not begin with a quote")
                }
                text.append(bytes[position])
                position += 1
            }
        }
        guard let text = String(validating: text, as: UTF8.self) else { throw mistake("the text is not UTF-8") }
        return Cell(text: text, line: start, column: column)
    }

    private mutating func readQuoted(
        into text: inout [UInt8],
        _ mistake: (String) -> TableMistake
    ) throws(TableMistake) {
        while position < bytes.endIndex {
            let byte = bytes[position]
            position += 1
            if byte == Self.quote {
                guard position < bytes.endIndex, bytes[position] == Self.quote else { return }
                position += 1
            }
            if byte == Self.lineFeed { line += 1 }
            text.append(byte)
        }
        throw mistake("a quote is not closed")
    }
}
