import Foundation

@testable import Events

extension Fuzz {
    /// Compares the JSON parser with Foundation's.
    static let json = FuzzTarget(
        name: "json",
        run: { parse($0) },
        seeds: {
            let texts = [
                "{}", "[]", "null", "true", "false", "-0", "1.5e+10", "1E-2", #""\u00e9\ud83d\ude00\n\"\\\/\b\f\r\t""#,
                #"{"a":[1,{"b":null}],"é😀":"x"}"#, "[[[[[[[[1]]]]]]]]", " \t\r\n[ 1 , 2 ] ", "\"\u{7f}\u{2028}\"",
                String(repeating: "[", count: 64) + String(repeating: "]", count: 64),
                "[\"" + String(repeating: "a", count: 70) + "\"]",
            ]
            return (texts + [fixture("query.json")]).map { Array($0.utf8) }
        },
        words: ["true", "false", "null", "\\u", "\\ud83d", "\\ude00", "\\\"", "\\\\", "e+", "E-", "\u{e9}", "😀"]
    )

    private static func parse(_ input: Input) {
        // Foundation also accepts UTF-16, UTF-32 and a byte order mark, which it recognizes by these bytes.
        let foundation =
            input.contains(0) || input.starts(with: [0xef, 0xbb, 0xbf]) || input.starts(with: [0xfe, 0xff])
                || input.starts(with: [0xff, 0xfe])
            ? nil : Result { try JSONSerialization.jsonObject(with: Data(input), options: .fragmentsAllowed) }
        do throws(EventError) {
            let tape = try JSONTape(input)
            requireShape(tape, input.count)
            guard case .success(let value)? = foundation else {
                // Foundation refuses numbers that a Double cannot hold.
                require(
                    foundation == nil
                        || tape.nodes.contains {
                            $0.kind == .number && $0.end - $0.start > 4 || $0.kind == .brokenString
                        },
                    "accepted, but refused by Foundation"
                )
                return
            }
            require(same(tape, 0, value), "parsed differently by Foundation: \(value)")
        } catch {
            requireOneLine(error.description)
            guard case .success? = foundation else { return }
            require(
                error.reason.hasPrefix("it is nested deeper") || hasCommaBeforeEnd(input),
                "refused, but accepted by Foundation: \(error)"
            )
        }
    }

    /// Foundation accepts a comma after the last element.
    private static func hasCommaBeforeEnd(_ input: Input) -> Bool {
        let dense = input.filter { !" \t\r\n".utf8.contains($0) }
        return zip(dense, dense.dropFirst()).contains { $0 == UInt8(ascii: ",") && "]}".utf8.contains($1) }
    }

    /// Checks that every value is inside the text and inside its container.
    private static func requireShape(_ tape: JSONTape, _ count: Int) {
        var ends: [Int] = []
        for (index, node) in tape.nodes.enumerated() {
            while let end = ends.last, end <= index { ends.removeLast() }
            require(0 <= node.start && node.start <= node.end && node.end <= count, "a value beyond the text")
            require(index < node.next && node.next <= ends.last ?? tape.nodes.count, "a value beyond its container")
            if node.kind == .object || node.kind == .array { ends.append(Int(node.next)) }
            require(ends.count <= JSONTape.maximumDepth, "nested too deep")
        }
        require(Int(tape.nodes[0].next) == tape.nodes.count, "more than one value")
    }

    private static func same(_ tape: JSONTape, _ index: Int, _ value: Any) -> Bool {
        let node = tape.nodes[index]
        switch node.kind {
        case .brokenString: return true
        case .string, .escapedString:
            return (value as? String).map { Array($0.utf8) == Array(tape.string(node).utf8) } ?? false
        case .number, .yes, .no: return value is NSNumber
        case .null: return value is NSNull
        case .array:
            guard let values = value as? [Any] else { return false }
            let elements = children(tape, index)
            return elements.count == values.count && zip(elements, values).allSatisfy { same(tape, $0, $1) }
        case .object:
            guard let values = value as? [String: Any] else { return false }
            let members = children(tape, index)
            let names = stride(from: 0, to: members.count, by: 2).map { tape.string(tape.nodes[members[$0]]) }
            // If a member occurs twice, Foundation keeps one of them.
            guard Set(names).count == names.count else { return true }
            return values.count == names.count
                && names.enumerated().allSatisfy { place, name in
                    values[name].map { same(tape, members[2 * place + 1], $0) } ?? false
                }
        }
    }

    private static func children(_ tape: JSONTape, _ index: Int) -> [Int] {
        var children: [Int] = []
        var child = index + 1
        while child < Int(tape.nodes[index].next) {
            children.append(child)
            child = Int(tape.nodes[child].next)
        }
        return children
    }
}
