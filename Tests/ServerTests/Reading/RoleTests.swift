import HTTPTypes
import SalesRules
import Server
import Testing

@Suite("Read rights of each role", .timeLimit(.minutes(1)))
struct RoleTests {
    static let globex = id("globex")

    /// Two people with a target and an order each, a target and an order of both, and another tenant.
    static let events = [
        person("u-17", "Jan de Vries"), person("u-18", "Mia Bakker"), person("u-17", "Other", tenant: globex),
        target("T-17", goal: "100.00", for: ["u-17"]), target("T-18", goal: "100.00", for: ["u-18"]),
        target("T-both", goal: "100.00", for: ["u-17", "u-18"]),
        target("T-globex", goal: "100.00", for: ["u-17"], tenant: globex),
        saved("SO-17", owner: "u-17", total: "10.00"), saved("SO-18", owner: "u-18", total: "20.00"),
        saved("SO-both", owner: "u-18", total: "40.00", allocations: ["A-1 u-17 10%"]),
        saved("SO-globex", owner: "u-17", total: "80.00", tenant: globex),
    ]

    static let routes = [
        "widget", "targets", "targets/T-17", "targets/T-17/orders", "orders/SO-17", "salespeople", "me",
    ]

    @Test("A request without a token gets 401", arguments: routes)
    func withoutToken(route: String) async throws {
        try await withServer(Self.events) { server in
            let answer = try await server.get(route, token: nil)
            try expectProblem(answer, 401)
            #expect(answer.headers[.wwwAuthenticate] == "Bearer")
        }
    }

    @Test("The ingest role cannot read numbers", arguments: routes.dropLast())
    func ingest(route: String) async throws {
        try await withServer(Self.events) { server in
            try expectProblem(try await server.get(route, as: "u-17", .ingest), 403)
            #expect(try await server.get(route, as: "u-17", .salesperson).status == 200)
        }
    }

    /// A request, and the status that each role gets.
    struct Access: Sendable, CustomTestStringConvertible {
        let path: String
        let manager: Int
        /// u-17
        let salesperson: Int
        var testDescription: String { path }

        init(_ path: String, manager: Int = 200, salesperson: Int) {
            self.path = path
            self.manager = manager
            self.salesperson = salesperson
        }
    }

    static let accesses = [
        Access("widget", salesperson: 200),
        Access("widget?salesperson=u-17", salesperson: 200),
        Access("widget?salesperson=u-18", salesperson: 403),
        Access("widget?salesperson=all", salesperson: 403),
        Access("targets", salesperson: 200),
        Access("targets?salesperson=u-17", salesperson: 200),
        Access("targets?salesperson=u-18", salesperson: 403),
        Access("targets?salesperson=all", salesperson: 403),
        Access("targets/T-17", salesperson: 200),
        Access("targets/T-18", salesperson: 403),
        Access("targets/T-both", salesperson: 200),
        Access("targets/T-globex", manager: 404, salesperson: 404),
        Access("targets/T-none", manager: 404, salesperson: 404),
        Access("targets/T-17/orders", salesperson: 200),
        Access("targets/T-18/orders", salesperson: 403),
        Access("targets/T-both/orders", salesperson: 200),
        Access("targets/T-globex/orders", manager: 404, salesperson: 404),
        Access("orders/SO-17", salesperson: 200),
        Access("orders/SO-18", salesperson: 200),
        Access("orders/SO-both", salesperson: 200),
        Access("orders/SO-globex", manager: 404, salesperson: 404),
        Access("orders/SO-none", manager: 404, salesperson: 404),
        Access("salespeople", salesperson: 200),
        Access("me", salesperson: 200),
    ]

    @Test("A manager can read everything of the tenant, a salesperson only their own data", arguments: accesses)
    func rights(access: Access) async throws {
        try await withServer(Self.events) { server in
            #expect(try await server.get(access.path).status == access.manager)
            let answer = try await server.get(access.path, as: "u-17", .salesperson)
            #expect(answer.status == access.salesperson)
            if answer.status != 200 { try expectProblem(answer, access.salesperson) }
        }
    }

    @Test("A salesperson sees an order of others exactly where it counts towards a target of theirs")
    func sharedTargets() async throws {
        let events =
            Self.events + [
                saved("SO-19", owner: "u-19", total: "5.00"),
                saved("SO-gone", owner: "u-18", total: "5.00", status: "Cancelled"),
                saved("SO-early", owner: "u-18", total: "5.00", date: "2019-12-31"),
                allocated("SO-18", "A-own u-18 5%"),
                allocated("SO-19", "A-19 u-19 5%"),
            ]
        try await withServer(events) { server in
            let listed = try await server.get("targets/T-both/orders", as: "u-17", .salesperson).text
            #expect(listed.contains(#""id":"SO-18""#))
            for (path, status) in [
                ("orders/SO-18", 200), ("allocations/A-own?order=SO-18", 200), ("orders/SO-19", 403),
                ("allocations/A-19?order=SO-19", 403), ("orders/SO-gone", 403), ("orders/SO-early", 403),
            ] {
                #expect(try await server.get(path, as: "u-17", .salesperson).status == status, "\(path)")
            }
        }
    }

    @Test("Reading does not look at If-Match")
    func ifMatch() async throws {
        try await withServer(Self.events + [allocated("SO-18", "A-own u-18 5%")]) { server in
            for path in ["targets/T-17", "allocations/A-own?order=SO-18", "orders/SO-18"] {
                for method in [HTTPRequest.Method.get, .head] {
                    let answer = try await server.send(method, path, headers: [.ifMatch: "\"1-stale\""])
                    #expect(answer.status == 200, "\(method) \(path)")
                }
            }
        }
    }

    @Test("The list contains only the targets that the viewer may read")
    func lists() async throws {
        try await withServer(Self.events) { server in
            for (path, person, role, expected) in [
                ("targets", "u-17", Role.salesperson, ["T-17", "T-both"]),
                ("targets", "u-boss", .manager, ["T-17", "T-18", "T-both"]),
                ("targets?salesperson=all", "u-boss", .manager, ["T-17", "T-18", "T-both"]),
                ("targets?salesperson=u-18", "u-boss", .manager, ["T-18", "T-both"]),
            ] {
                let targets = try await server.get(path, as: person, role).json()["targets"] as? [[String: Any]]
                #expect(targets?.compactMap { $0["id"] as? String } == expected)
            }
        }
    }

    @Test("A manager and a salesperson see the same totals")
    func totals() async throws {
        try await withServer(Self.events) { server in
            for path in ["targets/T-both", "targets/T-both/orders", "orders/SO-both", "widget?salesperson=u-17"] {
                let manager = try await server.get(path).text
                #expect(try await server.get(path, as: "u-17", .salesperson).text == manager)
            }
        }
    }

    @Test("Records with the same id in two tenants are separate")
    func tenants() async throws {
        try await withServer(Self.events) { server in
            let token = try await ServerFixture.token("u-boss", .manager, tenant: Self.globex)
            #expect(try await server.get("targets/T-globex", token: token).status == 200)
            for path in ["targets/T-17", "targets/T-17/orders", "orders/SO-17"] {
                try expectProblem(try await server.get(path, token: token), 404)
            }
            let people = try await server.get("salespeople", token: token).text
            #expect(people == #"{"salespeople":[{"id":"u-17","name":"Other"}]}"#)
            let widget = try await server.get("widget?year=2026&salesperson=all", token: token).json()
            #expect((widget["total"] as? [String: Any])?["result"] as? String == "80.00")
        }
    }

    @Test("Salespeople are sorted by name, and a salesperson gets only their own entry")
    func salespeople() async throws {
        let events = [
            person("u-2", "Zoë \"Z\" Ångström"), person("u-1", "Ann"),
            target("T-1", goal: "1.00", for: ["u-0", "u-1"]),
        ]
        try await withServer(events) { server in
            let everyone = try await server.get("salespeople").text
            #expect(
                everyone
                    == compact(
                        #"""
                        {"salespeople":[{"id":"u-1","name":"Ann"},{"id":"u-2","name":"Zoë \"Z\" Ångström"},
                        {"id":"u-0","name":"u-0"}]}
                        """#
                    )
            )
            let own = try await server.get("salespeople", as: "u-1", .salesperson).text
            #expect(own == #"{"salespeople":[{"id":"u-1","name":"Ann"}]}"#)
        }
    }

    @Test("GET /me returns the token's claims with the person's name and preferences")
    func me() async throws {
        let events = [
            person("u-17", "Jan de Vries"),
            preference(of: "u-17", WidgetChoice(year: 2026, salesperson: id("u-18"), measure: .orders)),
        ]
        try await withServer(events) { server in
            let jan = try await server.get("me", as: "u-17", .salesperson).text
            #expect(
                jan
                    == compact(
                        """
                        {"id":"u-17","name":"Jan de Vries","role":"salesperson","tenant":"acme",
                        "preferences":{"widget":{"year":2026,"salesperson":"u-18","measure":"orders"}}}
                        """
                    )
            )
            let token = try await ServerFixture.token("u-9", .ingest, tenant: Self.globex, name: "The CRM")
            let source = try await server.get("me", token: token).text
            #expect(
                source
                    == #"{"id":"u-9","name":"The CRM","role":"ingest","tenant":"globex","preferences":{"widget":{}}}"#
            )
        }
    }
}
