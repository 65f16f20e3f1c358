import Foundation

/// Writes to standard output and standard error.
enum Terminal {
    static func write(_ text: String, to file: FileHandle) {
        try? file.write(contentsOf: Data(text.utf8))
    }

    static func line(_ text: String) { write(text + "\n", to: .standardOutput) }
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
        Terminal.write("\r\(label) \(bar) \(done)/\(total)  \(rate)/s ", to: .standardError)
    }

    func end() {
        if isShown { Terminal.write("\n", to: .standardError) }
    }
}
