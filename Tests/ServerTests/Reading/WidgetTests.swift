import Foundation
import HummingbirdTesting
import SalesRules
import Server
import Testing

@Suite("Defaults of the widget", .timeLimit(.minutes(1)))
struct WidgetTests {
    /// Expects a widget of this year, salesperson id, salesperson name and measure.
    private func expect(_ answer: APIClient.Answer, _ choice: String..., location: SourceLocation = #_sourceLocation)
        throws
    {
        let json = try answer.json(location)
        let salesperson = try #require(json["salesperson"] as? [String: String])
        let year = try #require(json["year"] as? Int)
        let measure = try #require(json["measure"] as? String)
        let shown = ["\(year)", salesperson["id"], salesperson["name"], measure]
        #expect(shown == choice, sourceLocation: location)
    }

    @Test("Without preferences the widget shows this year, revenue, and the salesperson or all for a manager")
    func defaults() async throws {
        try await withServer([person("u-17", "Jan")]) { server in
            try expect(try await server.get("widget"), "2026", "all", "All salespeople", "revenue")
            try expect(try await server.get("widget", as: "u-17", .salesperson), "2026", "u-17", "Jan", "revenue")
        }
    }

    @Test("A parameter that is not given comes from the preferences")
    func preferences() async throws {
        let events = [
            person("u-17", "Jan"), person("u-18", "Mia"),
            preference(of: "u-boss", WidgetChoice(year: 2025, salesperson: id("u-18"), measure: .orders)),
        ]
        try await withServer(events) { server in
            try expect(try await server.get("widget"), "2025", "u-18", "Mia", "orders")
            let given = try await server.get("widget?year=2024&salesperson=u-17&measure=revenue")
            try expect(given, "2024", "u-17", "Jan", "revenue")
            let all = try await server.get("widget?salesperson=all")
            try expect(all, "2025", "all", "All salespeople", "orders")
        }
    }

    @Test("A salesperson whose preference names another person sees their own widget")
    func preferenceBeyondRights() async throws {
        let events = [preference(of: "u-17", WidgetChoice(year: 2025, salesperson: id("u-18")))]
        try await withServer(events) { server in
            let answer = try await server.get("widget", as: "u-17", .salesperson)
            try expect(answer, "2025", "u-17", "u-17", "revenue")
        }
    }

    @Test("The widget of all salespeople counts a shared order once, and shows counts as integer strings")
    func everyone() async throws {
        let events = [
            target("T-1", measure: .orders, goal: "24", for: ["u-17", "u-18"]),
            saved("SO-1", total: "10.00", date: "2026-01-01", allocations: ["A-1 u-18"]),
            saved("SO-2", total: "5.00", date: "2026-12-31"),
        ]
        try await withServer(events) { server in
            let count = try await server.get("widget?year=2026&salesperson=all&measure=orders").text
            #expect(count.contains(#"{"month":"2026-01","goal":"2","result":"1","goalToDate":"2","resultToDate":"1"}"#))
            #expect(count.hasSuffix(#""total":{"goal":"24","result":"2","percent":8.3}}"#))
            let revenue = try await server.get("widget?year=2026&salesperson=all").text
            #expect(revenue.hasSuffix(#""total":{"goal":"0.00","result":"15.00","percent":0.0}}"#))
        }
    }

    @Test("The default year is the present year in the time zone")
    func newYear() async throws {
        try await withFixture([]) { fixture in
            let newYearsEve = ServerFixture.now.addingTimeInterval(-36 * 86_400)
            for (timeZone, year) in [("UTC", "2025"), ("Pacific/Kiritimati", "2026")] {
                try await fixture.application(timeZone: timeZone, now: newYearsEve).test(.router) { client in
                    let token = try await ServerFixture.token("u-boss", .manager)
                    let answer = try await APIClient(client: client).get("widget", token: token)
                    try expect(answer, year, "all", "All salespeople", "revenue")
                }
            }
        }
    }
}
