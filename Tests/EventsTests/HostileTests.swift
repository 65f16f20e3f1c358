import Events
import SalesRules
import Testing

@Suite("Malformed and hostile records")
struct HostileTests {
    private static let samples = [
        orderJSON([
            "tenant": #""acme""#, "version": "7", "subject": #""\u00e9é\ud83d\ude00""#, "currency": #""USD""#,
            "exchangeRate": #""1.088""#, "x": "[true,false,null,-1.5e-3,{}]",
            "allocations": #"[{"id":"A-1","salesperson":"u-18","percent":"40"}]"#,
        ]),
        #"{"specversion":"1.0","type":"com.vtiger.SalesOrder.saved","data":{"id":"6x7","total":"93.99901000","#
            + #""smownerid":"5","currency_code":"EUR","conversion_rate":"1.000","createdtime":"2026-11-23 14:00:17"}}"#,
    ]

    @Test("A record cut off at any byte is refused", arguments: samples)
    func truncated(text: String) {
        let bytes = Array(text.utf8)
        #expect(refusal(bytes) == nil)
        for length in 0..<bytes.count {
            #expect(refusal(Array(bytes.prefix(length)))?.member == (length == 0 ? "record" : nil), "\(length) bytes")
            #expect(refusal(Array(bytes.prefix(length))) != nil, "\(length) bytes")
        }
    }

    @Test("Random bytes are refused without a crash")
    func noise() {
        var generator = SeededGenerator(seed: 3)
        var accepted: [[UInt8]] = []
        for _ in 0..<100_000 {
            let length = Int.random(in: 0...64, using: &generator)
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
            if refusal(bytes) == nil { accepted.append(bytes) }
        }
        #expect(accepted.isEmpty)
    }

    @Test("Random JSON characters are refused without a crash")
    func grammar() {
        var generator = SeededGenerator(seed: 4)
        var accepted: [String] = []
        let alphabet = [
            "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "d83d", "0", "1", "-", ".", "e", "true", "null", " ",
            "\"id\"",
            "\"type\"", "\"order.saved\"", "é", "\n",
        ]
        for _ in 0..<100_000 {
            let text =
                "{"
                + (0..<Int.random(in: 0...30, using: &generator)).map { _ in
                    alphabet.randomElement(using: &generator)!
                }.joined()
            if refusal(text) == nil { accepted.append(text) }
        }
        #expect(accepted.isEmpty)
    }

    @Test("A record with changed bytes is refused, or read as a valid event within the bounds", arguments: samples)
    func mutated(text: String) {
        var generator = SeededGenerator(seed: 5)
        let bytes = Array(text.utf8)
        for _ in 0..<50_000 {
            var record = bytes
            for _ in 0...Int.random(in: 0...2, using: &generator) {
                let place = Int.random(in: 0..<record.count, using: &generator)
                switch Int.random(in: 0...3, using: &generator) {
                case 0: record.remove(at: place)
                case 1: record.insert(record.randomElement(using: &generator)!, at: place)
                case 2: record[place] = record.randomElement(using: &generator)!
                default: record[place] = UInt8.random(in: 0...255, using: &generator)
                }
            }
            do throws(EventError) {
                guard let order = savedOrder(try decode(record)) else { continue }
                #expect(Money.minorUnits(of: order.total, in: order.currency) != nil)
                #expect(order.exchangeRate.isPositive)
                #expect(Money.convert(order.total, rate: order.exchangeRate, to: .euro) != nil)
            } catch {
                #expect(error.reason.utf8.count < 400)
            }
        }
    }

    @Test("Objects and lists may be nested 64 deep, and no deeper")
    func depth() {
        func nested(_ count: Int, _ open: String, _ close: String) -> String {
            orderJSON(["x": String(repeating: open, count: count) + "1" + String(repeating: close, count: count)])
        }
        for (open, close) in [("[", "]"), (#"{"a":"#, "}")] {
            #expect(refusal(nested(63, open, close)) == nil)
            for count in [64, 10_000, 100_000] {
                let reason = refusal(nested(count, open, close))?.reason
                #expect(reason?.hasPrefix("it is nested deeper than 64") == true)
            }
        }
        #expect(refusal(String(repeating: "[", count: 1_000_000))?.reason.hasPrefix("it is nested deeper") == true)
    }

    @Test("A text that ends inside of objects and lists is refused, wherever it ends")
    func unclosed() {
        let nested = String(repeating: #"[{"a":["#, count: 15) + #""b",1,null]"# + String(repeating: "}],[]]", count: 9)
        for text in [nested, String(repeating: "[", count: 64), #"{"a":[[[[[["#, "[[1", "[", "{"] {
            for length in 1...text.utf8.count { #expect(refusal(Array(text.utf8.prefix(length))) != nil) }
        }
    }

    @Test("Values side by side do not count as nested")
    func siblings() {
        let lists = Array(repeating: "[[{}],{\"a\":[]}]", count: 1_000).joined(separator: ",")
        #expect(refusal(orderJSON(["x": "[\(lists)]"])) == nil)
    }

    @Test("A record of 2 MiB is refused without being parsed")
    func size() {
        let error = refusal(Array(repeating: 0xff, count: 2 << 20))
        #expect(error?.description == "record: is larger than 1 MiB (2097152 bytes)")
    }

    @Test("A megabyte of members of any kind is read within the time limit", .timeLimit(.minutes(1)))
    func members() {
        for member in [#","a":1"#, #","aaaaaaaaaaaa":[]"#, #","\u0061":1"#, #","tenanu":{}"#] {
            let count = (1_048_576 - orderJSON().utf8.count) / member.utf8.count
            let text = orderJSON().dropLast() + String(repeating: member, count: count) + "}"
            #expect(refusal(String(text)) == nil)
        }
    }
}
