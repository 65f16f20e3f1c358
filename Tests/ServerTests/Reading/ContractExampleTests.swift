import HTTPTypes
import SalesRules
import Testing

@Suite("The examples in docs/CONTRACT.md, section HTTP", .timeLimit(.minutes(1)))
struct ContractExampleTests {
    private let people = [person("u-17", "Jan de Vries"), person("u-18", "Mia Bakker")]

    /// 40 orders of u-17 alone, 22 of u-18 alone, and one order that both are credited with. A target of both counts 63.
    private var quarter: [Event] {
        let q1 = target(
            "T-1",
            title: "Q1 revenue",
            goal: "250000.00",
            to: "2026-03-31",
            for: ["u-17", "u-18"]
        )
        let jan = (1...40).map { saved("SO-1\($0)", total: "1968.75", date: "2026-01-\($0 % 19 + 10)") }
        let mia = (1...21).map { saved("SO-2\($0)", owner: "u-18", total: "1818.18", date: "2026-02-03") }
        let last = saved("SO-222", owner: "u-18", total: "1818.22", date: "2026-02-04")
        let before = saved("SO-3", owner: "u-18", total: "500.00", date: "2025-12-31")
        let both = saved("SO-1001", total: "1250.00", date: "2026-01-31", allocations: ["A-1 u-18 40%"])
        return people + [q1] + jan + mia + [last, before, both]
    }

    @Test("GET /targets/T-1")
    func oneTarget() async throws {
        try await withServer(quarter) { server in
            let answer = try await server.get("targets/T-1")
            #expect(answer.status == 200)
            #expect(answer.headers[.contentType] == "application/json")
            #expect(
                untagged(answer.text)
                    == compact(
                        """
                        {"id":"T-1","name":"Q1 revenue","measure":"revenue","currency":"EUR","goal":"250000.00",
                        "start":"2026-01-01","end":"2026-03-31",
                        "assignees":[{"id":"u-17","name":"Jan de Vries","realized":"80000.00","orders":41},
                        {"id":"u-18","name":"Mia Bakker","realized":"40500.00","orders":23}],
                        "realized":"120000.00","orders":63,"percent":48.0,
                        "pace":{"expected":"100000.00","projected":"300000.00","status":"ahead"},
                        "inYear":true,"counting":false}
                        """
                    )
            )
        }
    }

    @Test("GET /targets lists the same JSON", arguments: [1, 3])
    func listedTarget(shards: Int) async throws {
        try await withServer(quarter, shards: shards) { server in
            let one = try await server.get("targets/T-1").text
            #expect(try await server.get("targets").text == "{\"targets\":[\(one)]}")
        }
    }

    @Test("GET /widget of a year with twelve monthly targets")
    func widget() async throws {
        let months = (1...12).map { Month(year: 2026, month: $0) }
        let targets = months.map { month in
            target(
                "M-\(month)",
                goal: "10000.00",
                from: "\(month)-01",
                to: "\(month)-\(month.days)"
            )
        }
        let year = target("Y-2026", goal: "150000.00")
        let orders = months.prefix(10).map { saved("SO-\($0)", total: "8123.50", date: "\($0)-15") }
        try await withServer(people + targets + [year] + orders) { server in
            let lines = (1...12).map { month in
                let results = min(month, 10) * 812_350
                return """
                    {"month":"\(months[month - 1])","goal":"10000.00","result":"\(month <= 10 ? "8123.50" : "0.00")",\
                    "goalToDate":"\(month)0000.00","resultToDate":"\(Money.text(Int64(results), in: .euro))"}
                    """
            }
            let answer = try await server.get("widget?year=2026&salesperson=u-17&measure=revenue")
            #expect(
                answer.text
                    == compact(
                        """
                        {"year":2026,"salesperson":{"id":"u-17","name":"Jan de Vries"},"measure":"revenue",
                        "currency":"EUR",
                        "months":[\(lines.joined(separator: ","))],
                        "total":{"goal":"120000.00","result":"81235.00","percent":67.7}}
                        """
                    )
            )
        }
    }

    @Test("GET /targets/T-1/orders")
    func drillDown() async throws {
        let events = [
            target("T-1", goal: "250000.00", to: "2026-03-31", for: ["u-17", "u-18"]),
            saved("SO-1001", total: "1250.00", allocations: ["A-1 u-18 40%"]),
        ]
        // With this rule the owner is not credited with the order, as in the example.
        try await withServer(events, rules: Rules(ownerCredit: .none)) { server in
            let answer = try await server.get("targets/T-1/orders")
            #expect(
                answer.text
                    == compact(
                        """
                        {"orders":[{"id":"SO-1001","number":"SO1001","subject":"Renewal 2026","account":"Globex",
                        "date":"2026-03-14","total":"1250.00","currency":"EUR","contributes":"500.00",
                        "credits":[{"salesperson":"u-18","name":"u-18","amount":"500.00","because":"allocation A-1: 40 %",
                        "reasons":[{"kind":"allocation","allocation":"A-1","percent":"40"}]}]}]}
                        """
                    )
            )
        }
    }

    @Test("GET /orders/SO-1001 shows the order, its allocations, its credits and what it adds to each target")
    func oneOrder() async throws {
        let events = [
            target("T-1", title: "Q1 revenue", goal: "250000.00", to: "2026-03-31", for: ["u-17", "u-18"]),
            target("T-2", title: "Orders", measure: .orders, goal: "12", for: ["u-18"]),
            target("T-3", goal: "1.00", from: "2026-04-01"),
            person("u-18", "Mia"), saved("SO-1001", total: "1250.00", allocations: ["A-1 u-18 40%", "A-3 u-20"]),
            allocated("SO-1001", "A-2 u-19 500"),
        ]
        try await withServer(events) { server in
            let answer = try await server.get("orders/SO-1001")
            #expect(
                untagged(answer.text)
                    == compact(
                        """
                        {"id":"SO-1001","number":"SO1001","subject":"Renewal 2026","account":"Globex",
                        "date":"2026-03-14","total":"1250.00","currency":"EUR","exchangeRate":"1","owner":"u-17",
                        "status":"Approved","deleted":false,
                        "allocations":[{"id":"A-1","salesperson":"u-18","name":"Mia","percent":"40","source":"order"},
                        {"id":"A-2","salesperson":"u-19","name":"u-19","amount":"500.00","source":"own"},
                        {"id":"A-3","salesperson":"u-20","name":"u-20","source":"order"}],
                        "unallocated":"0.00",
                        "credits":[{"salesperson":"u-17","name":"u-17","amount":"1250.00","because":"owner",
                        "reasons":[{"kind":"owner"}]},
                        {"salesperson":"u-18","name":"Mia","amount":"500.00","because":"allocation A-1: 40 %",
                        "reasons":[{"kind":"allocation","allocation":"A-1","percent":"40"}]},
                        {"salesperson":"u-19","name":"u-19","amount":"500.00","because":"allocation A-2: 500.00 EUR",
                        "reasons":[{"kind":"allocation","allocation":"A-2","amount":"500.00"}]},
                        {"salesperson":"u-20","name":"u-20","amount":"1250.00","because":"allocation A-3: whole order",
                        "reasons":[{"kind":"allocation","allocation":"A-3"}]}],
                        "contributions":[
                        {"target":{"id":"T-1","name":"Q1 revenue","measure":"revenue","salespeople":[
                        {"id":"u-17","name":"u-17"},{"id":"u-18","name":"Mia"}]},"amount":"1250.00"},
                        {"target":{"id":"T-2","name":"Orders","measure":"orders","salespeople":[
                        {"id":"u-18","name":"Mia"}]},"amount":"1"}]}
                        """
                    )
            )
        }
    }
}
