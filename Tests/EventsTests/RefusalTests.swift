import Events
import SalesRules
import Testing

@Suite("Refused records name the invalid member")
struct RefusalTests {
    private static let wrongInOrder: [(name: String, values: [String?])] = [
        ("type", [nil, "null", "1", #""""#, #""order""#, #""order.Saved""#, "{}"]),
        (
            "id",
            [
                nil, "null", #""""#, #""a b""#, #""a/b""#, #""é""#, "7", "[]",
                "\"\(String(repeating: "x", count: 129))\"",
            ]
        ),
        ("tenant", [#""""#, #""a/b""#, "1", "true"]),
        ("owner", [nil, "null", #""""#, #""u 1""#, "17"]),
        (
            "total",
            [
                nil, "null", #""""#, #"" 1""#, #""1 ""#, #""+1""#, #""1,5""#, #"".5""#, #""5.""#, #""1e3""#, #""NaN""#,
                #""0x10""#, #""--1""#, #""-""#, "true", "[]", "{}", "1e30", "1e999999999", "10000000000000.01",
                "-10000000000000.01", "\"\(String(repeating: "1", count: 500))\"",
            ]
        ),
        ("currency", [#""""#, #""eur""#, #""EURO""#, "978", #""€""#]),
        (
            "exchangeRate",
            [
                "0", "0.0", #""0""#, "-1", #""""#, #""1e0""#, "1e-30", "0.000000000000000001", "true", "2",
                #""1.0001""#,
                #""0.9999999999999999999999999999""#, "\"1\(String(repeating: "0", count: 400))\"",
            ]
        ),
        (
            "date",
            [
                nil, "null", #""""#, #""2026-02-29""#, #""2026-13-01""#, #""2026-1-1""#, #""20260314""#,
                #""2026-03-14T00:00:00Z""#, #""14-03-2026""#, #""1899-12-31""#, #""3000-01-01""#, "20260314",
            ]
        ),
        ("version", [#""""#, "1.0", "1e2", #""1.5""#, "9223372036854775808", #""+1""#, "true", "[1]", #""v1""#]),
        ("edit", [#""""#, "1.0", "1e2", "-1", #""-1""#, "9223372036854775808", "true", "[1]"]),
        ("status", ["1", "[]"]),
        ("allocations", ["1", "{}", #""A-1""#, "true"]),
    ]

    @Test("Members of an order", arguments: wrongInOrder)
    func order(name: String, values: [String?]) {
        for value in values {
            let error = refusal(orderJSON([name: value]))
            #expect(error?.member == name, "\(value ?? "left out"): \(error?.description ?? "accepted")")
        }
    }

    @Test("Another currency needs an exchange rate, which must not take the total out of bounds")
    func rate() {
        let dollars = #""USD""#
        #expect(refusal(orderJSON(["currency": dollars]))?.reason == "is missing, but the order is in USD, not in EUR")
        #expect(refusal(orderJSON(["currency": dollars, "exchangeRate": "null"]))?.member == "exchangeRate")
        let large = orderJSON(["total": "10000000000000", "exchangeRate": "0.9", "currency": dollars])
        #expect(refusal(large)?.member == "exchangeRate")
        #expect(refusal(large.replacing("0.9", with: "1.1")) == nil)
    }

    private static let wrongInAllocation: [(allocation: String, member: String)] = [
        (#"{"salesperson":"u"}"#, "id"), (#"{"id":null,"salesperson":"u"}"#, "id"), (#"{"id":"A"}"#, "salesperson"),
        (#"{"id":"A","salesperson":""}"#, "salesperson"), (#"{"id":"A","salesperson":"u","percent":200}"#, "percent"),
        (#"{"id":"A","salesperson":"u","percent":"0"}"#, "percent"),
        (#"{"id":"A","salesperson":"u","percent":""}"#, "percent"),
        (#"{"id":"A","salesperson":"u","percent":"-5"}"#, "percent"),
        (#"{"id":"A","salesperson":"u","percent":"100.0001"}"#, "percent"),
        (#"{"id":"A","salesperson":"u","percent":"33.33333"}"#, "percent"),
        (#"{"id":"A","salesperson":"u","percent":"40 %"}"#, "percent"),
        (#"{"id":"A","salesperson":"u","amount":""}"#, "amount"),
        (#"{"id":"A","salesperson":"u","amount":1000000000000001}"#, "amount"),
        (#"{"id":"A","id":"A","salesperson":"u"}"#, "id"),
    ]

    @Test("Members of an allocation, in an order's list and saved on its own", arguments: wrongInAllocation)
    func allocation(allocation: String, member: String) {
        let good = #"{"id":"B","salesperson":"u"}"#
        let listed = refusal(orderJSON(["allocations": "[\(good),\(allocation)]"]))
        #expect(listed?.member == "allocations[1].\(member)", "\(listed?.description ?? "accepted")")
        let own = #"{"type":"allocation.saved","order":"SO-1","# + allocation.dropFirst()
        #expect(refusal(own, topic: .allocations)?.member == member)
    }

    @Test("An allocation with both a percentage and an amount is refused")
    func both() {
        let both = #"{"id":"A","salesperson":"u","percent":40,"amount":"1"}"#
        #expect(refusal(orderJSON(["allocations": "[\(both)]"]))?.member == "allocations[0]")
        #expect(refusal(#"{"type":"allocation.saved","order":"SO-1","# + both.dropFirst())?.member == "percent")
    }

    @Test("An order's list of allocations")
    func list() {
        let same = #"{"id":"A","salesperson":"u"}"#
        let twice = refusal(orderJSON(["allocations": "[\(same),\(same)]"]))
        #expect(twice?.description == #"allocations[1].id: "A" is listed twice"#)
        #expect(refusal(orderJSON(["allocations": "[\(same),null]"]))?.member == "allocations[1]")
        let many = (0...100).map { #"{"id":"A-\#($0)","salesperson":"u"}"# }.joined(separator: ",")
        #expect(refusal(orderJSON(["allocations": "[\(many)]"]))?.member == "allocations")
        #expect(refusal(#"{"type":"allocation.saved","id":"A","salesperson":"u"}"#)?.member == "order")
        #expect(refusal(#"{"type":"allocation.deleted","id":"A"}"#)?.member == "order")
    }

    private static func target(_ name: String, _ value: String?) -> String {
        var members = [
            "type": #""target.saved""#, "id": #""T""#, "measure": #""orders""#, "goal": #""12""#,
            "start": #""2026-01-01""#, "end": #""2026-03-31""#, "assignees": #"["u"]"#,
        ]
        members[name] = value
        return "{" + members.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}"
    }

    private static let wrongInTarget: [(name: String, values: [String?])] = [
        ("id", [nil, "null", "1"]), ("measure", [nil, "null", #""""#, #""Revenue""#, #""profit""#, "1"]),
        ("goal", [nil, "null", #""""#, #""12.5""#, "12.5", "1e-1", "0", "-1", #""0""#, "1000000000000001", "[]"]),
        ("start", [nil, "null", #""2026-02-30""#, "2026"]),
        ("end", [nil, #""2025-12-31""#, #""2036-01-02""#, #""x""#]),
        ("assignees", [nil, "null", "[]", #""u""#, "{}"]), ("version", ["1.5"]),
    ]

    @Test("Members of a target", arguments: wrongInTarget)
    func target(name: String, values: [String?]) {
        for value in values {
            let error = refusal(Self.target(name, value), topic: .targets)
            #expect(error?.member == name, "\(value ?? "left out"): \(error?.description ?? "accepted")")
        }
    }

    @Test("A target has at most ten years and 1,000 assignees")
    func bounds() {
        func assignees(_ count: Int) -> String { "[" + (0..<count).map { "\"u\($0)\"" }.joined(separator: ",") + "]" }
        #expect(refusal(Self.target("end", #""2036-01-01""#), topic: .targets) == nil)
        #expect(refusal(Self.target("assignees", assignees(1_000)), topic: .targets) == nil)
        #expect(refusal(Self.target("assignees", assignees(1_001)), topic: .targets)?.member == "assignees")
        #expect(refusal(Self.target("assignees", #"["u","u 2"]"#), topic: .targets)?.member == "assignees[1]")
        #expect(refusal(Self.target("assignees", #"["u",7]"#), topic: .targets)?.member == "assignees[1]")
        let money = Self.target("measure", #""revenue""#)
        #expect(refusal(money.replacing(#""12""#, with: "0.004"), topic: .targets)?.member == "goal")
        #expect(refusal(money.replacing(#""12""#, with: "0.006"), topic: .targets) == nil)
    }

    @Test(
        "Members of people and preferences",
        arguments: [
            (#"{"type":"salesperson.saved","name":"x"}"#, "id"),
            (#"{"type":"salesperson.saved","id":"u","email":{}}"#, "email"),
            (#"{"type":"preference.saved","id":"u","widget":1}"#, "widget"),
            (#"{"type":"preference.saved","id":"u","widget":{"year":1899}}"#, "widget.year"),
            (#"{"type":"preference.saved","id":"u","widget":{"year":3000}}"#, "widget.year"),
            (#"{"type":"preference.saved","id":"u","widget":{"year":"this"}}"#, "widget.year"),
            (#"{"type":"preference.saved","id":"u","widget":{"salesperson":""}}"#, "widget.salesperson"),
            (#"{"type":"preference.saved","id":"u","widget":{"measure":"all"}}"#, "widget.measure"),
        ]
    )
    func people(text: String, member: String) {
        #expect(refusal(text, topic: .people)?.member == member)
    }

    @Test("A known member that occurs twice is refused")
    func twice() {
        for name in ["type", "id", "owner", "total", "date", "version", "allocations", "status", "specversion"] {
            let error = refusal(orderJSON().dropLast() + #","\#(name)":null,"\#(name)":null}"#)
            #expect(error == EventError(member: name, reason: "occurs twice"))
        }
        #expect(refusal(orderJSON().dropLast() + #","to\u0074al":"1"}"#)?.reason == "occurs twice")
    }

    @Test("An event on a wrong topic is refused with the name of the right one")
    func topic() {
        #expect(refusal(orderJSON(), topic: .allocations) == nil)
        for topic in [Topic.targets, .people] {
            #expect(
                refusal(orderJSON(), topic: topic)?.description
                    == "type: belongs on orders or allocations, not on \(topic.rawValue)"
            )
        }
        for (text, own) in [
            (#"{"type":"target.deleted","id":"T"}"#, Topic.targets),
            (#"{"type":"salesperson.saved","id":"u"}"#, .people),
            (#"{"type":"preference.saved","id":"u"}"#, .people),
        ] {
            for topic in Topic.allCases {
                #expect(refusal(text, topic: topic)?.member == (topic == own ? nil : "type"))
            }
        }
    }
}
