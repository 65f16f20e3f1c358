import HTTPTypes
import SalesRules
import Server
import Testing

@Suite("Export of targets as CSV", .timeLimit(.minutes(5)))
struct ExportTests {
    private static let events = [
        target("T-1", title: "=Q1, \"north\"", goal: "1000.00", to: "2026-03-31", for: ["u-17", "u-18"]),
        target("T-2", measure: .orders, goal: "2", from: "2025-01-01", to: "2025-12-31"),
        target("T-3", goal: "5.00", for: ["u-18"]), saved("SO-1", total: "-12.50", date: "2026-02-05"),
        saved("SO-2", total: "7.00", date: "2025-02-05"),
    ]
    private static let header =
        "id,name,measure,currency,goal,start,end,assignees,realized,orders,percent,expected,projected,status,counting,inYear"

    @Test("Every target is a row with its progress; text that looks like a formula is escaped, numbers are not")
    func rows() async throws {
        try await withServer(Self.events) { server in
            let answer = try await server.get("targets.csv")
            #expect(answer.status == 200)
            #expect(answer.headers[.contentType]?.hasPrefix("text/csv; charset=utf-8") == true)
            #expect(answer.headers[.contentDisposition] == "attachment; filename=\"targets.csv\"")
            let rows = [
                Self.header,
                "T-1,\"'=Q1, \"\"north\"\"\",revenue,EUR,1000.00,2026-01-01,2026-03-31,u-17;u-18,-12.50,1,-1.2,400.00,-31.25,behind,false,true",
                "T-2,,orders,EUR,2,2025-01-01,2025-12-31,u-17,1,1,50.0,2,1,missed,false,true",
                "T-3,,revenue,EUR,5.00,2026-01-01,2026-12-31,u-18,0.00,0,0.0,0.49,0.00,behind,false,true",
            ]
            #expect(answer.text == "\u{feff}" + rows.map { $0 + "\r\n" }.joined())
        }
    }

    @Test(
        "It has the same filters as the list, and a salesperson gets only their own targets",
        arguments: [
            ("?year=2025", true, ["T-2"]), ("?measure=revenue", true, ["T-1", "T-3"]),
            ("?salesperson=u-17", true, ["T-1", "T-2"]), ("", false, ["T-1", "T-2"]), ("?year=2030", true, []),
        ]
    )
    func filters(query: String, isManager: Bool, expected: [String]) async throws {
        try await withServer(Self.events) { server in
            let answer = try await server.get("targets.csv" + query, as: "u-17", isManager ? .manager : .salesperson)
            let ids = answer.text.split(separator: "\r\n").dropFirst().map { String($0.prefix { $0 != "," }) }
            #expect(ids == expected)
        }
    }

    @Test("An export of the largest targets contains every page of the list")
    func pages() async throws {
        let people = (1...1_000).map { "u-\($0)" }
        let names = (1...3).map { "T-\($0)" }
        let events = names.map { target($0, goal: "1.00", from: "2020-01-01", to: "2029-12-31", for: people) }
        try await withServer(events) { server in
            let rows = try await server.get("targets.csv").text.split(separator: "\r\n").dropFirst()
            #expect(rows.map { String($0.prefix(3)) } == names)
        }
    }
}
