import SalesRules
import Testing

@Suite("Lists in pages", .timeLimit(.minutes(5)))
struct ListTests {
    /// All pages of a list.
    private func pages(_ path: String, of list: String, from server: APIClient) async throws -> [[[String: Any]]] {
        var pages: [[[String: Any]]] = []
        var cursor = ""
        repeat {
            let answer = try await server.get(path + cursor)
            #expect(answer.status == 200)
            let json = try answer.json()
            pages.append(try #require(json[list] as? [[String: Any]]))
            cursor = (json["next"] as? String).map { "&cursor=\($0)" } ?? ""
        } while !cursor.isEmpty && pages.count < 1_000
        return pages
    }

    private func cents(_ text: Any?) throws -> Int64 {
        try Money.minorUnits(try #require(text as? String), in: .euro)
    }

    /// 250 orders of two people on ten days, a fifth of them shared, and some credit notes.
    private static let sales = (1...250).map { number in
        saved(
            "SO-\(number)",
            owner: number % 3 == 0 ? "u-18" : "u-17",
            total: number % 17 == 0 ? "-\(number).37" : "\(number).37",
            date: "2026-02-\(number % 10 + 10)",
            allocations: number % 5 == 0 ? ["A-1 u-18 33.3333%", "A-2 u-19 10"] : []
        )
    }
    private static let both = target("T-1", goal: "9999.00", to: "2026-02-17", for: ["u-17", "u-18"])

    @Test("The orders of a target add up to its result over all pages", arguments: [1, 7, 100, 1_000], [1, 2])
    func drillDown(limit: Int, shards: Int) async throws {
        try await withServer(Self.sales + [Self.both], shards: shards) { server in
            let target = try await server.get("targets/T-1").json()
            let pages = try await pages("targets/T-1/orders?limit=\(limit)", of: "orders", from: server)
            #expect(pages.dropLast().allSatisfy { $0.count == limit })
            let orders = pages.flatMap(\.self)
            #expect(try orders.map { try cents($0["contributes"]) }.reduce(0, +) == cents(target["realized"]))
            #expect(orders.count == target["orders"] as? Int)
            #expect(Set(orders.compactMap { $0["id"] as? String }).count == orders.count)
            let dates = orders.compactMap { $0["date"] as? String }
            #expect(dates == dates.sorted(by: >))
            #expect(dates.first == "2026-02-17")
        }
    }

    @Test("The last page has no next page, also when it is full")
    func exactEnd() async throws {
        let events = [target("T-1", goal: "1.00"), saved("SO-1", total: "1.00"), saved("SO-2", total: "1.00")]
        try await withServer(events) { server in
            for (path, hasNext) in [
                ("targets/T-1/orders?limit=2", false), ("targets/T-1/orders?limit=1", true), ("targets?limit=1", false),
            ] {
                let json = try await server.get(path).json()
                #expect((json["next"] != nil) == hasNext)
            }
        }
    }

    @Test("The pages list each target once, in the order of ids", arguments: [1, 4, 25, 1_000])
    func targets(limit: Int) async throws {
        let names = (1...25).map { "T-\($0)" }
        try await withServer(names.map { target($0, goal: "1.00") }) { server in
            let pages = try await pages("targets?limit=\(limit)", of: "targets", from: server)
            #expect(pages.flatMap(\.self).compactMap { $0["id"] as? String } == names.sorted())
            #expect(pages.dropLast().allSatisfy { $0.count == limit })
        }
    }

    @Test("A page of the largest targets is shorter than its limit, and the pages still have all targets")
    func largeTargets() async throws {
        let people = (1...1_000).map { "u-\($0)" }
        let names = (1...5).map { "T-\($0)" }
        let events = names.map { target($0, goal: "1.00", from: "2020-01-01", to: "2029-12-31", for: people) }
        try await withServer(events) { server in
            let pages = try await pages("targets?limit=1000", of: "targets", from: server)
            #expect(pages.map(\.count) == [1, 1, 1, 1, 1])
            #expect(pages.flatMap(\.self).compactMap { $0["id"] as? String } == names)
        }
    }

    @Test(
        "The filters year, salesperson and measure work alone and together",
        arguments: [
            ("", ["a", "b", "c", "d"]), ("year=2025", ["b"]), ("year=2026", ["a", "b", "c"]), ("year=2028", []),
            ("measure=orders", ["c"]), ("salesperson=u-18", ["b", "d"]), ("salesperson=u-none", []),
            ("year=2026&salesperson=u-17&measure=revenue", ["a", "b"]),
            ("year=&salesperson=&measure=", ["a", "b", "c", "d"]),
            ("unknown=1", ["a", "b", "c", "d"]),
        ]
    )
    func filters(query: String, expected: [String]) async throws {
        let events = [
            target("a", goal: "1.00"),
            target("b", goal: "1.00", from: "2025-12-31", to: "2026-01-01", for: ["u-17", "u-18"]),
            target("c", measure: .orders, goal: "1"),
            target("d", goal: "1.00", from: "2027-01-01", to: "2027-12-31", for: ["u-18"]),
        ]
        try await withServer(events) { server in
            let targets = try await server.get("targets?\(query)").json()["targets"] as? [[String: Any]]
            #expect(targets?.compactMap { $0["id"] as? String } == expected)
        }
    }

    @Test("Ids with punctuation are found, percent-encoded or not")
    func encodedIds() async throws {
        let events = [target("team:a@x.y_z-1", goal: "1.00"), saved("7:1@a", total: "1.00")]
        try await withServer(events) { server in
            for path in ["targets/team:a@x.y_z-1", "targets/team%3Aa%40x.y_z-1/orders", "orders/7%3a1%40a"] {
                #expect(try await server.get(path).status == 200, "\(path)")
            }
            for path in ["targets/%", "targets/%zz", "targets/a%2Fb", "targets/%00", "orders/..%2f..", "orders/ä"] {
                try expectProblem(try await server.get(path), 404, "\(path)")
            }
            let long = String(repeating: "x", count: 129)
            try expectProblem(try await server.get("targets/\(long)"), 404)
        }
    }

    @Test("A page of orders with long texts ends before its limit, and the pages together have every order once")
    func largeOrders() async throws {
        let events = (100..<130).map { number in
            var event = saved("SO-\(number)", total: "1.00")
            if case .order(let id, .saved(var order, let listed, let version)) = event.change {
                order.subject = String(repeating: "x", count: 200_000)
                event = Event(tenant: event.tenant, .order(id, .saved(order, listed: listed, version: version)))
            }
            return event
        }
        try await withServer([target("T-1", goal: "1.00")] + events) { server in
            var found: [String] = []
            var next: String? = ""
            while let cursor = next {
                let answer = try await server.get("targets/T-1/orders?limit=1000&cursor=\(cursor)")
                #expect(answer.text.utf8.count < 3 << 20)
                let json = try answer.json()
                found += (json["orders"] as? [[String: Any]] ?? []).compactMap { $0["id"] as? String }
                next = json["next"] as? String
            }
            #expect(found == (100..<130).reversed().map { "SO-\($0)" })
        }
    }
}
