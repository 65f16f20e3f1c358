import HTTPTypes
import HummingbirdTesting
import SalesRules
import Server
import Testing

@Suite("Writing the targets of a year", .timeLimit(.minutes(1)))
struct YearWriteTests {
    private func targets(_ answer: APIClient.Answer) throws -> [[String: Any]] {
        #expect(answer.status == 201)
        return try #require(try answer.json()["targets"] as? [[String: Any]])
    }

    @Test("The monthly targets add up to the year's goal, and are the goals of the widget")
    func months() async throws {
        try await withServer([]) { server in
            let body = #"{"name":"Plan","measure":"revenue","goal":"100000.01","year":2026,"assignees":["u-17"]}"#
            let targets = try targets(try await server.send(.post, "targets/months", body))
            #expect(targets.count == 12)
            #expect(targets.first?["name"] as? String == "Plan 2026-01")
            #expect(targets.last?["end"] as? String == "2026-12-31")
            #expect(targets.allSatisfy { $0["etag"] != nil })
            let widget = try await server.get("widget?year=2026&salesperson=u-17").json()
            #expect((widget["total"] as? [String: Any])?["goal"] as? String == "100000.01")
            let small = #"{"measure":"orders","goal":"11","year":2026,"assignees":["u-17"]}"#
            try expectProblem(try await server.send(.post, "targets/months", small), 400)
        }
    }

    @Test("The targets of a year are copied once, and their goals are raised by the percentage")
    func copies() async throws {
        let events = [
            target("T-1", title: "Q1 2025", goal: "100.00", from: "2025-01-01", to: "2025-03-31"),
            target(
                "T-2",
                title: "2025",
                measure: .orders,
                goal: "10",
                from: "2025-01-01",
                to: "2025-12-31",
                for: ["u-18"]
            ),
            target("T-3", goal: "100.00", from: "2025-12-01", to: "2026-01-31"),
        ]
        try await withServer(events) { server in
            let body = #"{"from":2025,"to":2026,"percent":"2.5"}"#
            let copied = try targets(try await server.send(.post, "targets/copies", body))
            #expect(copied.compactMap { $0["name"] as? String } == ["Q1 2026", "2026"])
            #expect(copied.compactMap { $0["goal"] as? String } == ["102.50", "10"])
            #expect(copied.first?["start"] as? String == "2026-01-01")
            #expect(try targets(try await server.send(.post, "targets/copies", body)).isEmpty)
            let chosen = #"{"from":2025,"to":2027,"salesperson":"u-18","measure":"orders"}"#
            #expect(try targets(try await server.send(.post, "targets/copies", chosen)).count == 1)
            let refused = #"{"from":2025,"to":2028,"percent":-99,"measure":"orders"}"#
            try expectProblem(try await server.send(.post, "targets/copies", refused), 400)
            #expect(try await server.get("targets?year=2028").text == #"{"targets":[]}"#)
        }
    }
}
