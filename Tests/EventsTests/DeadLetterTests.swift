import Events
import Log
import Testing

@Suite("Dead letters")
struct DeadLetterTests {
    @Test("A dead letter keeps the record's headers and adds the reason, the member and the position")
    func headers() {
        let original = [header("ce_type", "x"), header("ce_type", nil), RecordHeader(name: "raw", value: [0xff, 0])]
        let error = EventError(member: "allocations[2].percent", reason: "200 is too much")
        let headers = DeadLetter.headers(
            for: error,
            topic: "sales.orders",
            partition: 3,
            offset: 9_007_199_254_740_993,
            original: original
        )
        #expect(
            headers == original + [
                header("dead-letter-reason", "allocations[2].percent: 200 is too much"),
                header("dead-letter-member", "allocations[2].percent"), header("dead-letter-topic", "sales.orders"),
                header("dead-letter-partition", "3"), header("dead-letter-offset", "9007199254740993"),
            ]
        )
    }

    @Test("When the whole record is invalid, no member is named")
    func whole() throws {
        let error = try #require(refusal("{"))
        let headers = DeadLetter.headers(for: error, topic: "t", partition: 0, offset: 0, original: [])
        #expect(headers.map(\.name) == ["reason", "topic", "partition", "offset"].map { "dead-letter-\($0)" })
    }

    @Test("A reason quotes the beginning of the invalid value, on one line")
    func quotation() throws {
        let long = String(repeating: "9", count: 100)
        #expect(
            refusal(orderJSON(["total": "\"\(long)\""]))?.description
                == "total: \"\(long.prefix(40))…\" is too large"
        )
        #expect(refusal(orderJSON(["total": #""""#]))?.description == #"total: "" is not a number"#)
        let error = try #require(refusal(orderJSON(["type": #""a\nb\u0000c\u2028\u0085""#])))
        #expect(error.description == "type: \"a\u{fffd}b\u{fffd}c\u{fffd}\u{fffd}\" is not known")
    }
}
