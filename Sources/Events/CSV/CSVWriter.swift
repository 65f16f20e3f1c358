internal import SalesRules

/// Writes a table as RFC 4180 has it, in UTF-8 with a byte order mark, so that spreadsheets take it as such.
package struct CSVWriter: Sendable {
    /// What is written so far.
    package private(set) var bytes: [UInt8] = [0xef, 0xbb, 0xbf]

    /// Nothing written yet.
    package init() {}

    /// Writes one row. A cell that a spreadsheet would take for a formula gets a `'` before it; so does one that has such
    /// signs before a formula already, so that one of them can be taken away again.
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

    /// Whether a cell is a formula behind one sign or more.
    static func isGuarded(_ cell: String) -> Bool {
        cell.utf8.first == UInt8(ascii: "'") && isFormula(String(cell.utf8.drop { $0 == UInt8(ascii: "'") })!)
    }

    private static func isFormula(_ cell: String) -> Bool {
        guard let first = cell.utf8.first, "=+-@".utf8.contains(first) else { return false }
        return (try? Decimal(cell)) == nil
    }
}
