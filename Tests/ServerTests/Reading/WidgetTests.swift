import Foundation
import HummingbirdTesting
import SalesRules
import Server
import Testing

@Suite("What the widget shows when something is left out", .timeLimit(.minutes(1)))
struct WidgetTests {
    /// Whether a widget is of this year, salesperson (with their name) and measure.
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

    @Test("Without preferences: this year, revenue, oneself or everyone")
    func defaults() async throws {
        try await withServer([person("u-17", "Jan")]) { server in
            try expect(try await server.get("widget"), "2026", "all", "All salespeople", "revenue")
            try expect(try await server.get("widget", as: "u-17", .salesperson), "2026", "u-17", "Jan", "revenue")
        }
    }

    @Test("What is left out comes from the preferences, what is given does not")
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

    @Test("A salesperson who preferred somebody else sees their own")
    func preferenceBeyondRights() async throws {
        let events = [preference(of: "u-17", WidgetChoice(year: 2025, salesperson: id("u-18")))]
        try await withServer(events) { server in
            let answer = try await server.get("widget", as: "u-17", .salesperson)
            try expect(answer, "2025", "u-17", "u-17", "revenue")
        }
    }

    @Test("Everyone together counts a shared order once, in counts as integer strings")
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

    @Test("This year is that of the time zone")
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
