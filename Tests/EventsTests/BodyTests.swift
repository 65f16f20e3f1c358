import Events
import SalesRules
import Testing

@Suite("HTTP request bodies")
struct BodyTests {
    private let decoder = RequestBodyDecoder(settings())

    private func mistakes<Value>(_ read: () throws(RequestBodyErrors) -> Value) -> [String] {
        do throws(RequestBodyErrors) {
            _ = try read()
            return []
        } catch {
            return error.errors.map(\.description)
        }
    }

    @Test("A target's goal is read exactly, and its id is optional")
    func target() throws {
        let json = """
            {"name":"Q1","measure":"revenue","goal":0.1e2,"start":"2026-01-01","end":"2026-03-31","assignees":["b","a","b"],"x":1}
            """
        let body = try decoder.target(Array(json.utf8))
        #expect(body.id == nil)
        #expect(body.target.goal == 10_00)
        #expect(body.target.assignees == [id("a"), id("b")])
        #expect(
            try decoder.target(Array(json.replacing("\"name\"", with: "\"id\":\"T-1\",\"name\"").utf8)).id == id("T-1")
        )
    }

    @Test("What a GET answers is read as it is; only a currency that was changed is refused")
    func sentBack() throws {
        let json = """
            {"id":"T-1","name":"Q1","measure":"orders","currency":"EUR","goal":"120.0","start":"2026-01-01","end":"2026-03-31",
             "assignees":[{"id":"u-17","name":"Jan","realized":"8","orders":8},{"id":"u-18","name":"Mia","realized":"0","orders":0}],
             "realized":"8","orders":8,"percent":6.6,"pace":{"expected":"5","projected":"9","status":"ahead"},
             "counting":false,"inYear":false,"etag":"\\"3-1f0c\\""}
            """
        let target = try decoder.target(Array(json.utf8)).target
        #expect(target.assignees == [id("u-17"), id("u-18")] && target.goal == 120 && !target.inYear)
        #expect(
            mistakes { () throws(RequestBodyErrors) in
                try decoder.target(Array(json.replacing("EUR", with: "USD").utf8))
            } == ["currency: USD is not EUR, the reporting currency"]
        )
    }

    @Test("All errors of a target are reported together")
    func targetMistakes() {
        let json =
            #"{"id":"T 1","name":1,"measure":"orders","goal":"1.5","start":"2026-02-30","end":"x","assignees":[]}"#
        #expect(
            mistakes { () throws(RequestBodyErrors) in try decoder.target(Array(json.utf8)) } == [
                "id: \"T 1\" is not an id", "goal: 1.5 is not a whole number",
                "start: \"2026-02-30\" is not a date YYYY-MM-DD", "assignees: is empty",
            ]
        )
        #expect(
            mistakes { () throws(RequestBodyErrors) in try decoder.target(Array("{}".utf8)) } == [
                "measure: is missing", "start: is missing", "assignees: is missing",
            ]
        )
    }

    @Test(
        "A body that is not a JSON object gives one error",
        arguments: ["", "[]", "null", "{", "{}x", "\"a\"", "{\"a\":1,}"]
    )
    func noObject(text: String) {
        let mistakes = mistakes { () throws(RequestBodyErrors) in try decoder.allocation(Array(text.utf8)) }
        #expect(mistakes.count == 1)
    }

    @Test(
        "An allocation has a percentage, an amount or neither",
        arguments: [
            (#"{"salesperson":"u"}"#, []), (#"{"salesperson":"u","percent":33.3333}"#, []),
            (#"{"salesperson":"u","amount":null,"percent":"40"}"#, []),
            (#"{"percent":"40"}"#, ["salesperson: is missing"]),
            (#"{"salesperson":"u","order":"a b"}"#, [#"order: "a b" is not an id"#]),
            (
                #"{"salesperson":"","percent":0}"#,
                ["salesperson: \"\" is not an id", "percent: 0 is not above 0 and up to 100 with up to four decimals"]
            ),
            (
                #"{"salesperson":"u","percent":"1","amount":"1"}"#,
                ["percent: and amount exclude each other: send only one of them"]
            ),
            (#"{"salesperson":"u","amount":"1e3"}"#, ["amount: \"1e3\" is not a number"]),
            (#"{"salesperson":"u","amount":1e16}"#, ["amount: 10000000000000000 is too large"]),
        ]
    )
    func allocations(json: String, expected: [String]) {
        #expect(mistakes { () throws(RequestBodyErrors) in try decoder.allocation(Array(json.utf8)) } == expected)
    }

    @Test(
        "A copy request needs two different years and a percentage within bounds",
        arguments: [
            (#"{"from":2025,"to":2026}"#, []),
            (#"{"from":"2025","to":"2026","percent":"-99","salesperson":"all"}"#, []),
            (#"{"from":2025,"to":2025}"#, ["to: is the same year as from"]),
            (
                #"{"from":1,"percent":1001,"measure":"x"}"#,
                [
                    "from: 1 is not a year from 1900 to 2999", "to: is missing",
                    "percent: 1001 is not from -99 to 1000",
                    "measure: \"x\" is not revenue or orders",
                ]
            ),
        ]
    )
    func copies(json: String, expected: [String]) {
        #expect(mistakes { () throws(RequestBodyErrors) in try decoder.copies(Array(json.utf8)) } == expected)
    }

    @Test("A plan for a year and a widget preference are read")
    func others() throws {
        let year = #"{"name":"Plan","measure":"orders","goal":120,"year":2026,"assignees":["u"]}"#
        let plan = YearPlan(name: "Plan", measure: .orders, goal: 120, year: 2026, assignees: [id("u")])
        #expect(try decoder.year(Array(year.utf8)) == plan)
        let choice = try decoder.choice(Array(#"{"widget":{"year":2026,"salesperson":"all"}}"#.utf8))
        #expect(choice == WidgetChoice(year: 2026, salesperson: id("all")))
        #expect(
            mistakes { () throws(RequestBodyErrors) in try decoder.choice(Array("{}".utf8)) } == ["widget: is missing"]
        )
        let wrong = Array(#"{"widget":{"year":1,"measure":2}}"#.utf8)
        #expect(
            mistakes { () throws(RequestBodyErrors) in try decoder.choice(wrong) } == [
                "widget.year: 1 is not a year from 1900 to 2999"
            ]
        )
    }

    private func events(_ json: String, type: String = "application/json") throws(RequestBodyErrors) -> [Event] {
        try decoder.events(Array(json.utf8), tenant: id("acme"), headers: [header("content-type", type)])
    }

    @Test("An event in any accepted form belongs to the tenant it names, or else to the tenant of the request")
    func shapes() throws {
        let native = #"{"type":"target.deleted","id":"T-1","tenant":"globex"}"#
        #expect(try events(native).map(\.tenant) == [id("globex")])
        let cloud = #"{"specversion":"1.0","type":"order.deleted","data":{"id":"SO-1"}}"#
        let vtiger = String(decoding: try fixture("retrieve.6x5.json"), as: UTF8.self)
        let all = try events("[\(orderJSON()), \(cloud),\n\(vtiger)]")
        #expect(all.map(\.tenant) == [id("acme"), id("acme"), id("acme")])
        guard case .order(id("SO-1"), .deleted) = all[1].change else { return #expect(Bool(false), "\(all[1])") }
        let structured = #"{"type":"order.deleted","data":{"id":"SO-1"}}"#
        #expect(try events(structured, type: "application/cloudevents+json").count == 1)
        #expect(try events("[]").isEmpty)
    }

    @Test("Money in a list of events is read exactly")
    func exact() throws {
        // In binary floating point 0.575 is slightly less, and would be rounded down.
        let list = try events("[\(orderJSON(["total": "0.575"]))]")
        #expect(savedOrder(list[0])?.total == decimal("0.575"))
    }

    @Test("Each error in a list of events names the event and the member")
    func listMistakes() {
        let list = "[\(orderJSON()), \(orderJSON(["total": "\"\""])), 7, {\"id\":\"x\"}, \(orderJSON(["owner": nil]))]"
        #expect(
            mistakes { () throws(RequestBodyErrors) in try events(list) } == [
                "[1].total: \"\" is not a number", "[2]: is not a JSON object", "[3].type: is missing",
                "[4].owner: is missing",
            ]
        )
        #expect(
            mistakes { () throws(RequestBodyErrors) in try events(orderJSON(["date": "1"])) } == ["date: is not a text"]
        )
    }

    @Test("A request with more than 1,000 events is refused")
    func tooMany() throws {
        let one = #"{"type":"order.deleted","id":"SO-1"}"#
        func list(_ count: Int) -> String { "[" + Array(repeating: one, count: count).joined(separator: ",") + "]" }
        #expect(try events(list(1_000)).count == 1_000)
        #expect(mistakes { () throws(RequestBodyErrors) in try events(list(1_001)) } == ["has more than 1000 events"])
    }
}
