import Foundation

/// Writes to standard output and standard error.
enum Terminal {
    /// Writes a text. Control characters in it are shown as in JSON (`\\u001b`): names of keys and records come from outside,
    /// and could move the cursor of a terminal, change its colours, or hide what follows.
    static func write(_ text: String, to file: FileHandle) {
        try? file.write(contentsOf: Data(visible(text).utf8))
    }

    static func line(_ text: String) { write(text + "\n", to: .standardOutput) }

    /// Empties the screen.
    static func clear() { try? FileHandle.standardOutput.write(contentsOf: Data("\u{1b}[H\u{1b}[2J".utf8)) }

    /// The text with control characters and changes of the writing direction in the form of JSON.
    /// - Parameter isLine: whether line ends and tabs are shown like this too.
    static func visible(_ text: String, isLine: Bool = false) -> String {
        if !text.unicodeScalars.contains(where: { isHidden($0, isLine: isLine) }) { return text }
        var shown = ""
        for scalar in text.unicodeScalars {
            if isHidden(scalar, isLine: isLine) {
                let digits = String(scalar.value, radix: 16)
                shown += "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
            } else {
                shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }

    private static func isHidden(_ scalar: Unicode.Scalar, isLine: Bool) -> Bool {
        switch scalar.value {
        case 0x09, 0x0a: isLine
        case 0..<0x20, 0x7f...0x9f, 0x200e...0x200f, 0x2028...0x202e, 0x2066...0x2069: true
        default: false
        }
    }
}

/// A progress bar on standard error. It prints nothing if standard error is not a terminal.
struct ProgressBar {
    private let label: String
    private let total: Int
    private let start = ContinuousClock.now
    private let isShown = isatty(STDERR_FILENO) == 1
    private var lastDrawn = ContinuousClock.now - .seconds(1)

    init(_ label: String, total: Int) {
        self.label = label
        self.total = total
    }

    mutating func show(_ done: Int) {
        guard isShown, done == total || lastDrawn.duration(to: .now) > .milliseconds(100) else { return }
        lastDrawn = .now
        let seconds = start.duration(to: .now) / .seconds(1)
        let width = 30
        let filled = total == 0 ? width : width * done / total
        let bar = String(repeating: "█", count: filled) + String(repeating: "·", count: width - filled)
        let rate = seconds > 0 ? Int(Double(done) / seconds) : 0
        let line = "\r\(label) \(bar) \(done)/\(total)  \(rate)/s "
        try? FileHandle.standardError.write(contentsOf: Data(line.utf8))
    }

    func end() {
        if isShown { Terminal.write("\n", to: .standardError) }
    }
}
