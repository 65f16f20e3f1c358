import CFuzzer
import Foundation

/// The bytes of an input. They end where their memory ends, so that the address sanitizer reports each read beyond them.
typealias Input = UnsafeBufferPointer<UInt8>

/// A decoder of outside data, which libFuzzer calls with inputs.
struct FuzzTarget: Sendable {
    let name: String
    /// Decodes an input. Ends the process if a check fails.
    let run: @Sendable (Input) -> Void
    /// The first inputs of the corpus.
    let seeds: @Sendable () -> [[UInt8]]
    /// Words of the dictionary, which random changes of inputs would not find.
    var words: [String] = []
}

/// Fuzzes the decoders of outside data: events, requests, tables, and what is stored in Redis.
///
///     fuzz --target=<name> [libFuzzer's options] [corpus]
///     fuzz --target=<name> --seeds=<folder>    writes the first inputs and the dictionary words.dict, then exits
///
/// libFuzzer ignores arguments that begin with two dashes, also when it starts itself again to minimize a finding.
@main
enum Fuzz {
    static let targets = [
        events, bodies, json, tables, entries, records, keys, replies, addresses,
    ]

    /// The target of this process.
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

/// Checks what must hold for every input. Ends the process if it does not, which libFuzzer reports as a finding.
func require(_ holds: Bool, _ what: @autoclosure () -> String, line: UInt = #line, file: StaticString = #fileID) {
    if !holds { fatalError(what(), file: file, line: line) }
}

/// Unwraps a value. Ends the process if it is nil.
func require<Value>(
    _ value: Value?,
    _ what: @autoclosure () -> String,
    line: UInt = #line,
    file: StaticString = #fileID
) -> Value {
    guard let value else { fatalError(what(), file: file, line: line) }
    return value
}

/// Runs code that must not throw. Ends the process if it does.
func noError<Value>(
    _ what: @autoclosure () -> String,
    line: UInt = #line,
    file: StaticString = #fileID,
    _ body: () throws -> Value
) -> Value {
    do { return try body() } catch { fatalError("\(what()): \(error)", file: file, line: line) }
}

/// Reads an input from its beginning.
struct InputReader {
    private(set) var rest: Input

    init(_ input: Input) { rest = input }

    /// The next byte; 0 at the end.
    mutating func byte() -> UInt8 {
        guard let byte = rest.first else { return 0 }
        rest = Input(rebasing: rest.dropFirst())
        return byte
    }

    /// The next bytes, after one byte with their count; fewer at the end.
    mutating func bytes() -> [UInt8] {
        let count = min(Int(byte()), rest.count)
        defer { rest = Input(rebasing: rest.dropFirst(count)) }
        return Array(rest.prefix(count))
    }
}

extension [UInt8] {
    /// Like `withUnsafeBufferPointer`, but in memory of exactly this size.
    func withInput<Result>(_ body: (Input) throws -> Result) rethrows -> Result {
        let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: count)
        defer { copy.deallocate() }
        _ = copy.initialize(from: self)
        return try body(Input(copy))
    }
}

/// Checks that a text is not empty and has no control characters, because it is shown, logged or sent in a header.
func requireOneLine(_ text: String, line: UInt = #line, file: StaticString = #fileID) {
    require(
        !text.isEmpty && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7f...0x9f).contains($0.value) },
        "not one line of text: \(text.debugDescription)",
        line: line,
        file: file
    )
}
