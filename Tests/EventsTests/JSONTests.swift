import Events
import Foundation
import SalesRules
import Testing

@Suite("Strict JSON (RFC 8259)")
struct JSONTests {
    private static let values = [
        "0", "-0", "1", "-1.5", "1e5", "1E+5", "1e-5", "0.0e0", "123456789012345678901234567890", "true", "false",
        "null",
        "[]", "{}", "[ ]", "{ }", "[1,2]", "[[],{}]", #"{"":""}"#, #""""#, #""\"\\\/\b\f\n\r\t""#, #""\u0000""#,
        #""\uD83D\uDE00""#, #""\ud83d\ude00\uFFFF""#, "\"\u{7f}\u{80}\u{7ff}\u{800}\u{ffff}\u{10000}\u{10ffff}\"",
        "\t1\r\n ", #"{"a":{"b":[{"c":null}]}}"#, "\"12345678\"", "\"1234567é\"", "\"12345678é2345678\"",
    ]

    @Test("A valid value of an unknown member is skipped", arguments: values)
    func valid(value: String) throws {
        #expect(try decode(orderJSON(["x": value])) == decode(orderJSON()))
        #expect(try decode(orderJSON(["x": "[\(value),\(value)]"])) == decode(orderJSON()))
    }

    private static let notValues = [
        "", "01", "-", "-01", "1.", ".5", "1.e5", "1e", "1e+", "+1", "0x1", "1_000", "Infinity", "NaN", "tru", "truer",
        "True",
        "nul", "nulll", "undefined", "'a'", "[", "]", "{", "}", "[1,]", "[,1]", "[1 2]", "[1}", #"{"a"}"#, #"{"a":}"#,
        #"{"a":1,}"#, #"{,"a":1}"#, "{a:1}", "{1:1}", #"{"a" 1}"#, #"{"a":1 "b":2}"#, #"{"a":1]"#, "\"", #""\""#,
        #""\x""#,
        #""\u12""#, #""\u12G4""#, #""\u""#, #""\U0041""#, "\"\n\"", "\"\t\"", "\"1234567\u{1f}\"", "\"\0\"", "1 2",
        "/**/1", "1 // x",
        "\u{feff}1", "\u{a0}1", "\0", "\u{b}1",
    ]

    @Test("An invalid value makes the whole record invalid", arguments: notValues)
    func invalid(value: String) {
        for text in [orderJSON(["x": value]), orderJSON(["x": "[\(value)]"])] {
            let error = refusal(text)
            guard value.isEmpty == false || text.contains(":}") else { continue }
            #expect(error != nil && error?.member == nil, "\(error?.description ?? "accepted")")
        }
    }

    @Test("Anything before or after the object is refused")
    func around() {
        for text in [
            "\u{feff}\u{feff}" + orderJSON(), orderJSON() + "\u{feff}", orderJSON() + "x", orderJSON() + "\0",
            orderJSON() + orderJSON(),
            orderJSON() + ",", "\0" + orderJSON(),
            "x",
        ] {
            #expect(refusal(text) != nil)
            #expect(refusal(text)?.member == nil)
        }
        #expect(refusal(" \t\r\n" + orderJSON() + " \t\r\n") == nil)
        // A byte order mark, as .NET writes it.
        #expect(refusal("\u{feff}" + orderJSON()) == nil)
        #expect(refusal("\u{feff} \n" + orderJSON()) == nil)
        for text in ["[]", "1", "null", #""x""#, "[\(orderJSON())]"] {
            #expect(refusal(text)?.description == "record: is not a JSON object")
        }
    }

    private static let malformedUTF8: [[UInt8]] = [
        [0x80], [0xbf], [0xc0, 0x80], [0xc1, 0xbf], [0xc2], [0xc2, 0x41], [0xe0, 0x9f, 0xbf], [0xe0, 0xa0],
        [0xe1, 0x80],
        [0xe1, 0x80, 0x41], [0xed, 0xa0, 0x80], [0xed, 0xbf, 0xbf], [0xf0, 0x8f, 0xbf, 0xbf], [0xf0, 0x90, 0x80],
        [0xf1, 0x80, 0x41, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xff], [0xfe],
    ]

    @Test(
        "Bytes that are not UTF-8 become U+FFFD where they are only shown, and refuse an id",
        arguments: malformedUTF8
    )
    func encoding(bytes: [UInt8]) throws {
        for prefix in ["", "1234567", "12345678"] {
            func record(_ name: String) -> [UInt8] {
                let text = orderJSON([name: "\"\(prefix)#\\n\""])
                let parts = text.utf8.split(separator: UInt8(ascii: "#"), omittingEmptySubsequences: false)
                return Array(parts[0]) + bytes + Array(parts[1])
            }
            let subject = try #require(savedOrder(try decode(record("subject")))?.subject)
            #expect(subject.hasPrefix(prefix + "\u{fffd}") && subject.hasSuffix("\n"))
            #expect(refusal(record("x")) == nil)
            for name in ["owner", "status"] {
                #expect(refusal(record(name)) == EventError(member: name, reason: "contains a broken character"))
            }
        }
    }

    @Test(
        "Half a surrogate pair becomes U+FFFD where it is only shown, and refuses an id",
        arguments: [
            (#"a\ud83d"#, "a\u{fffd}"), (#"\ude00b"#, "\u{fffd}b"), (#"\ud83d\ud83d\ude00"#, "\u{fffd}😀"),
            (#"\ud83d\u0041"#, "\u{fffd}A"), (#"\ud83d\n"#, "\u{fffd}\n"), (#"\udfff\ud800"#, "\u{fffd}\u{fffd}"),
        ]
    )
    func surrogates(written: String, read: String) throws {
        for name in ["subject", "number", "account"] {
            let order = try #require(savedOrder(try decode(orderJSON([name: "\"\(written)\""]))))
            #expect([order.subject, order.number, order.account].contains(read))
        }
        #expect(refusal(orderJSON(["x": "\"\(written)\"", #"\ud83d"#: "1"])) == nil)
        #expect(refusal(orderJSON(["owner": "\"\(written)\""]))?.member == "owner")
    }

    @Test("Unicode scalars are read correctly, written plainly or with escapes")
    func scalars() throws {
        var generator = SeededGenerator(seed: 2)
        for _ in 0..<2_000 {
            let text = String(
                String.UnicodeScalarView(
                    (0..<Int.random(in: 0...20, using: &generator)).map { _ in Self.scalar(&generator) }
                )
            )
            let escaped = text.utf16.map { unit in
                let digits = String(unit, radix: 16)
                return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }.joined()
            #expect(savedOrder(try decode(orderJSON(["subject": "\"\(escaped)\""])))?.subject == text)
            let plain = try #require(String(data: JSONEncoder().encode([text]), encoding: .utf8)).dropFirst().dropLast()
            #expect(savedOrder(try decode(orderJSON(["subject": String(plain)])))?.subject == text)
        }
    }

    private static func scalar(_ generator: inout SeededGenerator) -> Unicode.Scalar {
        let limit: UInt32 = [0x80, 0x800, 0x1_0000, 0x11_0000].randomElement(using: &generator)!
        return Unicode.Scalar(UInt32.random(in: 0..<limit, using: &generator)) ?? "\u{fffd}"
    }
}
