/// Reads a table as RFC 4180 has it, keeping where each cell stands, so that what is wrong with one can be found again.
/// A line may end without its carriage return, and empty lines count for nothing.
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

    private static let quote = UInt8(ascii: "\"")
    private static let comma = UInt8(ascii: ",")
    private static let lineFeed = UInt8(ascii: "\n")

    init(_ bytes: [UInt8]) {
        let mark: [UInt8] = [0xef, 0xbb, 0xbf]
        self.bytes = bytes.starts(with: mark) ? bytes.dropFirst(mark.count) : bytes[...]
        position = self.bytes.startIndex
    }

    /// The next row; nil at the end.
    /// - Throws: where the text stops being a table.
    mutating func row() throws(TableMistake) -> [Cell]? {
        while position < bytes.endIndex {
            var cells: [Cell] = []
            repeat { cells.append(try cell(column: cells.count + 1)) } while takesComma()
            endLine()
            if cells.count > 1 || !cells[0].text.isEmpty { return cells }
        }
        return nil
    }

    private mutating func takesComma() -> Bool {
        guard position < bytes.endIndex, bytes[position] == Self.comma else { return false }
        position += 1
        return true
    }

    /// Behind a cell stands a comma, the end of a line or of the text.
    private mutating func endLine() {
        if position < bytes.endIndex, bytes[position] == UInt8(ascii: "\r") { position += 1 }
        if position < bytes.endIndex, bytes[position] == Self.lineFeed { position += 1 }
        line += 1
    }

    private var isAtEndOfCell: Bool {
        guard position < bytes.endIndex else { return true }
        switch bytes[position] {
        case Self.comma, Self.lineFeed: return true
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
            try takeQuoted(into: &text, mistake)
            guard isAtEndOfCell else { throw mistake("something stands behind the closing quote") }
        } else {
            while !isAtEndOfCell {
                guard bytes[position] != Self.quote else {
                    throw mistake("a quote stands in a cell that does not begin with one")
                }
                text.append(bytes[position])
                position += 1
            }
        }
        guard let text = String(validating: text, as: UTF8.self) else { throw mistake("the text is not UTF-8") }
        return Cell(text: text, line: start, column: column)
    }

    private mutating func takeQuoted(
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
