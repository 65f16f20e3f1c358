import CFuzzer
import Foundation

/// Bytes to work on, which end where their memory ends, so that the address sanitizer sees every step beyond.
typealias Input = UnsafeBufferPointer<UInt8>

/// What libFuzzer feeds: a door that bytes from outside come through.
struct FuzzTarget: Sendable {
    let name: String
    /// Ends the process where something does not hold.
    let run: @Sendable (Input) -> Void
    /// Inputs to begin with.
    let seeds: @Sendable () -> [[UInt8]]
    /// Words that mutation would not find by itself.
    var words: [String] = []
}

/// Fuzzing of all that reads what others wrote.
///
///     fuzz --target=<name> [libFuzzer's options] [corpus]
///     fuzz --target=<name> --seeds=<folder>    writes the first inputs and the dictionary, words.dict, and ends
///
/// libFuzzer leaves alone what begins with two dashes, also where it starts itself once more to make a finding smaller.
@main
enum Fuzz {
    static let targets = [
        events, bodies, json, tables, entries, records, keys, replies, addresses,
    ]

    /// The one that this process is for.
    private static let target: FuzzTarget = {
        let name = option("target") ?? ""
        guard let target = targets.first(where: { $0.name == name }) else {
            stop("--target is one of: \(targets.map(\.name).joined(separator: " "))")
        }
        return target
    }()

    static func main() throws {
        let target = target
        if let folder = option("seeds") { return try write(target, to: URL(filePath: folder)) }
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        exit(
            LLVMFuzzerRunDriver(&count, &arguments) { bytes, count in
                Fuzz.target.run(Input(start: bytes, count: count))
                return 0
            }
        )
    }

    private static func option(_ name: String) -> String? {
        CommandLine.arguments.first { $0.hasPrefix("--\(name)=") }.map { String($0.dropFirst(name.count + 3)) }
    }

    private static func write(_ target: FuzzTarget, to folder: URL) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (number, seed) in target.seeds().enumerated() {
            try Data(seed).write(to: folder.appending(path: "seed-\(number)"))
        }
        let lines = target.words.map { word in
            "\"\(word.utf8.map { "\\x" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())\"\n"
        }
        try Data(lines.joined().utf8).write(to: folder.appending(path: "../words.dict"))
    }

    private static func stop(_ reason: String) -> Never {
        FileHandle.standardError.write(Data("\(reason)\n".utf8))
        exit(2)
    }
}

/// What has to hold whatever the input is; ends the process, which libFuzzer takes for a finding.
func require(_ holds: Bool, _ what: @autoclosure () -> String, line: UInt = #line, file: StaticString = #fileID) {
    if !holds { fatalError(what(), file: file, line: line) }
}

/// A value without which there is nothing to check.
func require<Value>(
    _ value: Value?,
    _ what: @autoclosure () -> String,
    line: UInt = #line,
    file: StaticString = #fileID
) -> Value {
    guard let value else { fatalError(what(), file: file, line: line) }
    return value
}

/// What must not throw.
func noError<Value>(
    _ what: @autoclosure () -> String,
    line: UInt = #line,
    file: StaticString = #fileID,
    _ body: () throws -> Value
) -> Value {
    do { return try body() } catch { fatalError("\(what()): \(error)", file: file, line: line) }
}

/// Takes an input apart from its beginning; the rest ends where the input ends.
struct InputReader {
    private(set) var rest: Input

    init(_ input: Input) { rest = input }

    /// 0 at the end.
    mutating func byte() -> UInt8 {
        guard let byte = rest.first else { return 0 }
        rest = Input(rebasing: rest.dropFirst())
        return byte
    }

    /// Bytes whose number stands before them; fewer at the end.
    mutating func bytes() -> [UInt8] {
        let count = min(Int(byte()), rest.count)
        defer { rest = Input(rebasing: rest.dropFirst(count)) }
        return Array(rest.prefix(count))
    }
}

extension [UInt8] {
    /// Like `withUnsafeBufferPointer`, with memory of exactly this size.
    func withInput<Result>(_ body: (Input) throws -> Result) rethrows -> Result {
        let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: count)
        defer { copy.deallocate() }
        _ = copy.initialize(from: self)
        return try body(Input(copy))
    }
}

/// A text for people, a log or a header has no control characters.
func requireOneLine(_ text: String, line: UInt = #line, file: StaticString = #fileID) {
    require(
        !text.isEmpty && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7f...0x9f).contains($0.value) },
        "not one line of text: \(text.debugDescription)",
        line: line,
        file: file
    )
}
