import HTTPTypes
import HummingbirdTesting
import SalesRules
import Server
import Testing

@Suite("Changes over HTTP and the versions of the source", .timeLimit(.minutes(1)))
struct EditTests {
    private static let order = saved("V1", owner: "u-1", total: "100.00")
    private static let body = #"""
        {"measure":"revenue","goal":"200.00","start":"2026-01-01","end":"2026-12-31","assignees":["u-1"]}
        """#

    private func with(
        _ events: [Event],
        _ body: @Sendable (APIClient, EventSink, DirectLog) async throws -> Void
    ) async throws {
        try await withFixture(events) { fixture in
            let log = DirectLog(fixture.sink)
            try await fixture.application(log: log).test(.router) {
                try await body(APIClient(client: $0), fixture.sink, log)
            }
        }
    }

    private func credit(_ server: APIClient, _ person: String) async throws -> String? {
        let credits = try await server.get("orders/V1").json()["credits"] as? [[String: Any]]
        return credits?.first { $0["salesperson"] as? String == person }?["amount"] as? String
    }

    @Test("The source's next version of an allocation replaces what was changed over HTTP")
    func allocation() async throws {
        try await with([Self.order, allocated("V1", "A-1 u-2 40%", version: 1)]) { server, sink, _ in
            let quarter = #"{"salesperson":"u-2","percent":25}"#
            #expect(try await server.send(.put, "allocations/A-1?order=V1", quarter).status == 200)
            #expect(try await credit(server, "u-2") == "25.00")
            try await sink.apply([allocated("V1", "A-1 u-2 60%", version: 2)])
            #expect(try await credit(server, "u-2") == "60.00")
        }
    }

    @Test("The source's deletion of an allocation applies after any number of changes over HTTP")
    func deletion() async throws {
        try await with([Self.order, allocated("V1", "A-1 u-2 40%", version: 1)]) { server, sink, _ in
            for percent in 20...24 {
                let body = #"{"salesperson":"u-2","percent":\#(percent)}"#
                #expect(try await server.send(.put, "allocations/A-1?order=V1", body).status == 200)
            }
            #expect(try await credit(server, "u-2") == "24.00")
            try await sink.apply([Event(tenant: acme, .order(id("V1"), .allocationDeleted(id("A-1"), version: 2)))])
            #expect(try await credit(server, "u-2") == nil)
        }
    }

    @Test("The source's next version of a target replaces what was changed over HTTP")
    func target() async throws {
        try await with([ServerTests.target("TV", goal: "100.00", for: ["u-1"], version: 1)]) { server, sink, _ in
            #expect(try await server.send(.put, "targets/TV", Self.body).status == 200)
            #expect(try await server.get("targets/TV").json()["goal"] as? String == "200.00")
            try await sink.apply([ServerTests.target("TV", goal: "300.00", for: ["u-1"], version: 2)])
            #expect(try await server.get("targets/TV").json()["goal"] as? String == "300.00")
        }
    }

    @Test("What was deleted over HTTP comes back with the source's next version, and not with a late one")
    func restored() async throws {
        let saved = [
            Self.order, allocated("V1", "A-1 u-2 40%", version: 3),
            ServerTests.target("TV", goal: "100.00", for: ["u-1"], version: 3),
        ]
        try await with(saved) { server, sink, _ in
            #expect(try await server.send(.delete, "allocations/A-1?order=V1").status == 204)
            #expect(try await server.send(.delete, "targets/TV").status == 204)
            try await sink.apply(saved)
            #expect(try await credit(server, "u-2") == nil)
            #expect(try await server.get("targets/TV").status == 404)
            try await sink.apply([
                allocated("V1", "A-1 u-2 60%", version: 4),
                ServerTests.target("TV", goal: "300.00", for: ["u-1"], version: 4),
            ])
            #expect(try await credit(server, "u-2") == "60.00")
            #expect(try await server.get("targets/TV").json()["goal"] as? String == "300.00")
        }
    }

    @Test("The source's first version of a record made over HTTP applies")
    func made() async throws {
        try await with([Self.order]) { server, sink, _ in
            let mine = #"{"id":"A-1","salesperson":"u-2","percent":25}"#
            #expect(try await server.send(.post, "orders/V1/allocations", mine).status == 201)
            let body = Self.body.replacing("{", with: #"{"id":"TV","#)
            #expect(try await server.send(.post, "targets", body).status == 201)
            try await sink.apply([
                allocated("V1", "A-1 u-2 60%", version: 1),
                ServerTests.target("TV", goal: "300.00", for: ["u-1"], version: 1),
            ])
            #expect(try await credit(server, "u-2") == "60.00")
            #expect(try await server.get("targets/TV").json()["goal"] as? String == "300.00")
        }
    }

    @Test("A change carries the highest version applied and the next edit of it")
    func carried() async throws {
        let events = [Self.order, allocated("V1", "A-1 u-2 40%", version: 7)]
        try await with(events) { server, _, log in
            let half = #"{"salesperson":"u-2","percent":50}"#
            let new = #"{"id":"A-2","salesperson":"u-3","percent":50}"#
            let put = try await server.send(.put, "allocations/A-1?order=V1", half)
            #expect(put.status == 200)
            #expect(try await server.send(.delete, "allocations/A-1?order=V1").status == 204)
            #expect(try await server.send(.post, "orders/V1/allocations", new).status == 201)
            #expect(try await server.send(.delete, "allocations/A-2?order=V1").status == 204)
            #expect(try await server.send(.put, "me/preferences", #"{"widget":{"year":2026}}"#).status == 200)
            #expect(try await server.send(.put, "me/preferences", #"{"widget":{"year":2027}}"#).status == 200)
            let versions = await log.events.map(Self.version)
            #expect(versions == ["7 edit 1", "7 edit 2", "edit 1", "edit 2", "edit 1", "edit 2"])
        }
    }

    private static func version(of event: Event) -> String? {
        switch event.change {
        case .order(_, .allocationSaved(_, let version)), .order(_, .allocationDeleted(_, let version)),
            .person(_, .preferred(_, let version)):
            version?.description
        default: nil
        }
    }

    @Test("Of two preferences that one person saves at the same time both are written, and the last one stays")
    func preferences() async throws {
        try await withFixture([Self.order]) { fixture in
            let log = DirectLog(fixture.sink, crowd: 2)
            try await fixture.application(log: log).test(.router) { client in
                let server = APIClient(client: client)
                async let first = server.send(.put, "me/preferences", #"{"widget":{"year":2025}}"#)
                async let second = server.send(.put, "me/preferences", #"{"widget":{"year":2026}}"#)
                let answers = try await [first, second]
                #expect(answers.map(\.status) == [200, 200])
                let events = await log.events
                #expect(events.count == 3)
                guard case .person(_, .preferred(let last, _)) = events.last?.change else {
                    Issue.record("\(events)")
                    return
                }
                let me = try await server.get("me").json()["preferences"] as? [String: [String: Int]]
                #expect(me?["widget"]?["year"] == last.year)
            }
        }
    }
}
