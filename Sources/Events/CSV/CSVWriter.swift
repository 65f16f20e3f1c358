internal import SalesRules

/// Writes a table in CSV (RFC 4180), in UTF-8 with a byte order mark, so that spreadsheets recognise the encoding.
package struct CSVWriter: Sendable {
    /// The table so far.
    package private(set) var bytes: [UInt8] = [0xef, 0xbb, 0xbf]

    /// A table without rows.
    package init() {}

    /// Writes one row. A cell that a spreadsheet would run as a formula gets a `'` before it. So does a cell that is a
    /// formula after one `'` or more: then a reader can always remove exactly one `'`.
    package mutating func row(_ cells: [String]) {
        for (index, cell) in cells.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            write(Self.isGuarded("'" + cell) ? "'" + cell : cell)
        }
        bytes.append(contentsOf: "\r\n".utf8)
    }

    private mutating func write(_ cell: String) {
        guard cell.utf8.contains(where: { Self.special.contains($0) }) else {
            bytes.append(contentsOf: cell.utf8)
            return
        }
        bytes.append(UInt8(ascii: "\""))
        for byte in cell.utf8 {
            if byte == UInt8(ascii: "\"") { bytes.append(byte) }
            bytes.append(byte)
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static let special = Array("\",\r\n".utf8)

    /// Whether a cell is a formula after one `'` or more.
    static func isGuarded(_ cell: String) -> Bool {
        cell.utf8.first == UInt8(ascii: "'") && isFormula(String(cell.utf8.drop { $0 == UInt8(ascii: "'") })!)
    }

    private static func isFormula(_ cell: String) -> Bool {
        guard let first = cell.utf8.first, "=+-@".utf8.contains(first) else { return false }
        return (try? Decimal(cell)) == nil
    }
}
