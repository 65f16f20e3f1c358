import Testing

@Suite("Invalid query parameters", .timeLimit(.minutes(1)))
struct QueryTests {
    /// A query, and the invalid parameters that the response must name, in order.
    struct BadQuery: Sendable, CustomTestStringConvertible {
        let path: String
        let members: [String]
        var testDescription: String { path }

        init(_ path: String, _ members: String...) {
            self.path = path
            self.members = members
        }
    }

    static let queries = [
        BadQuery("targets?year=26", "year"), BadQuery("targets?year=1899", "year"),
        BadQuery("widget?year=3000", "year"),
        BadQuery("widget?year=2026.0", "year"), BadQuery("widget?year=99999999999999999999", "year"),
        BadQuery("widget?measure=profit", "measure"), BadQuery("targets?measure=Revenue", "measure"),
        BadQuery("targets?salesperson=a/b", "salesperson"), BadQuery("widget?salesperson=%F0%9F%98%80", "salesperson"),
        BadQuery("widget?salesperson=*", "salesperson"),
        BadQuery("targets?limit=0", "limit"), BadQuery("targets?limit=1001", "limit"),
        BadQuery("targets/T-1/orders?limit=-1", "limit"), BadQuery("targets/T-1/orders?limit=ten", "limit"),
        BadQuery("targets?cursor=!", "cursor"), BadQuery("targets?cursor=YS9i", "cursor"),
        BadQuery("targets/T-1/orders?cursor=VC0x", "cursor"),
        BadQuery("targets/T-1/orders?cursor=MjAyNi0wMi0zMC9TTy0x", "cursor"),
        BadQuery("targets/T-1/orders?cursor=\(String(repeating: "A", count: 4_000))", "cursor"),
        BadQuery("targets?year=2026&year=2025", "year"), BadQuery("targets?limit=&limit=5", "limit"),
        BadQuery(
            "targets?year=x&salesperson=a/b&measure=y&limit=0&cursor=!",
            "year",
            "salesperson",
            "measure",
            "limit",
            "cursor"
        ),
        BadQuery("widget?measure=&year=x&salesperson=%20", "year", "salesperson"),
    ]

    @Test("Each invalid parameter is named with a reason", arguments: queries)
    func badMembers(query: BadQuery) async throws {
        try await withServer([target("T-1", goal: "1.00")]) { server in
            let answer = try await server.get(query.path)
            try expectProblem(answer, 400)
            let errors = try #require(try answer.json()["errors"] as? [[String: String]])
            #expect(errors.compactMap { $0["member"] } == query.members)
            #expect(errors.allSatisfy { $0["reason"]?.isEmpty == false })
        }
    }
}
