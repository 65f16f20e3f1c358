import Events
import Foundation
import Log
import Operations
import Synchronization

/// The output of `dead-letters`, as text and as JSON.
enum DeadLetterText {
    static func line(_ entry: DeadLetters.Entry) -> String {
        let marks = [entry.isRefusedAgain ? "refused again" : nil, entry.isReplayed ? "replayed" : nil].compactMap(
            \.self
        )
        let origin = entry.origin.map(\.description) ?? entry.topic
        return "\(entry.partition):\(entry.offset)  \(time(entry.timestamp) ?? "-")  \(origin)  "
            + "\(entry.key.map(shown) ?? "null")  \(printable(entry.reason))"
            + (marks.isEmpty ? "" : "  (\(marks.joined(separator: ", ")))")
    }

    static func time(_ milliseconds: Int64) -> String? {
        guard milliseconds >= 0 else { return nil }
        return ISO8601DateFormatter().string(from: Date(timeIntervalSince1970: Double(milliseconds) / 1_000))
    }

    /// The bytes as text if they are printable UTF-8; otherwise as hex with `0x` before it.
    static func shown(_ bytes: [UInt8]) -> String {
        text(bytes) ?? "0x" + bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    static func text(_ bytes: [UInt8]) -> String? {
        guard let text = String(validating: bytes, as: UTF8.self), text == printable(text) else { return nil }
        return text
    }

    /// Removes control characters, which could move the cursor of a terminal or change its colours.
    private static func printable(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.filter { scalar in
                    (scalar.value >= 0x20 && !(0x7f...0x9f).contains(scalar.value)) || scalar == "\n" || scalar == "\t"
                }
            )
        )
    }

    static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    struct Item: Encodable {
        let place: String
        let time: String?
        let topic: String
        let origin: String?
        let key: String?
        let reason: String
        let refusedAgain: Bool
        let replayed: Bool

        init(_ entry: DeadLetters.Entry) {
            place = "\(entry.partition):\(entry.offset)"
            time = DeadLetterText.time(entry.timestamp)
            topic = entry.topic
            origin = entry.origin?.description
            key = entry.key.map(shown)
            reason = entry.reason
            refusedAgain = entry.isRefusedAgain
            replayed = entry.isReplayed
        }
    }

    struct Whole: Encodable {
        let place: String
        let time: String?
        let key: String?
        let headers: [Field]
        let value: String?
        let valueHex: String?

        struct Field: Encodable {
            let name: String
            let value: String?
        }

        init(_ letter: DeadLetterRecord) {
            place = "\(letter.partition):\(letter.offset)"
            time = DeadLetterText.time(letter.timestamp)
            key = letter.key.map(shown)
            headers = letter.headers.map { Field(name: $0.name, value: $0.value.map(shown)) }
            value = letter.value.flatMap(DeadLetterText.text)
            valueHex = value == nil ? letter.value.map { String(shown($0).dropFirst(2)) } : nil
        }
    }
}

/// Counts the outcomes of a replay.
final class ReplayTally: Sendable {
    private let counts = Mutex<(replayed: Int, skipped: Int, refused: Int)>((0, 0, 0))

    func note(_ outcome: DeadLetters.Outcome) {
        counts.withLock { counts in
            switch outcome {
            case .replayed: counts.replayed += 1
            case .skipped: counts.skipped += 1
            case .refused: counts.refused += 1
            }
        }
    }

    var hasRefused: Bool { counts.withLock { $0.refused > 0 } }

    var description: String {
        let (replayed, skipped, refused) = counts.withLock { $0 }
        return
            "\(replayed) replayed, \(skipped) skipped (replayed before, or listed twice), \(refused) that cannot be replayed"
    }
}
