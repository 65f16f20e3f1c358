import HTTPTypes
import HummingbirdTesting
import SalesRules
import Server
import Testing

@Suite("Writing targets", .timeLimit(.minutes(1)))
struct TargetWriteTests {
    static let body = #"""
        {"name":"Q1 revenue","measure":"revenue","goal":"1000.00","start":"2026-01-01","end":"2026-03-31","assignees":["u-18","u-17"]}
        """#

    private static func body(_ changes: KeyValuePairs<String, String>) -> String {
        changes.reduce(body) { $0.replacing($1.key, with: $1.value) }
    }

    /// An order of both assignees, from before any target.
    private static let earlierOrder = [
        person("u-17", "Jan de Vries"), saved("SO-1", total: "250.00", allocations: ["A-1 u-18 40%"]),
    ]

    @Test("A new target includes earlier orders, and can be read at once", arguments: [1, 3])
    func created(shards: Int) async throws {
        try await withServer(Self.earlierOrder, shards: shards) { server in
            let answer = try await server.send(.post, "targets", Self.body)
            #expect(answer.status == 201)
            let json = try answer.json()
            let id = try #require(json["id"] as? String)
            #expect(id.wholeMatch(of: /T-[a-z0-9]{16}/) != nil)
            #expect(answer.headers[.location] == "/api/v1/targets/\(id)")
            #expect(answer.headers[.eTag] == json["etag"] as? String)
            #expect(json["realized"] as? String == "250.00")
            let read = try await server.get("targets/\(id)")
            #expect(read.text == answer.text)
            #expect(read.headers[.eTag] == answer.headers[.eTag])
        }
    }

    @Test("A given id is used, is refused while a target has it, and is free again after a deletion")
    func givenID() async throws {
        try await withServer([]) { server in
            let body = Self.body(["{": #"{"id":"T-1","#])
            #expect(try await server.send(.post, "targets", body).status == 201)
            try expectProblem(try await server.send(.post, "targets", body), 409)
            #expect(try await server.send(.delete, "targets/T-1").status == 204)
            try expectProblem(try await server.get("targets/T-1"), 404)
            let again = try await server.send(.post, "targets", body)
            #expect(again.status == 201)
            #expect(try again.json()["etag"] as? String != nil)
            #expect(try await server.get("targets/T-1").status == 200)
        }
    }

    @Test("A target's id may be the name of a route", arguments: ["months", "copies"])
    func idOfARoute(id: String) async throws {
        try await withServer([]) { server in
            let body = Self.body(["{": #"{"id":"\#(id)","#])
            let answer = try await server.send(.post, "targets", body)
            #expect(answer.status == 201)
            #expect(try await server.get("targets/\(id)").text == answer.text)
            #expect(try await server.get("targets/\(id)/orders").status == 200)
            #expect(try await server.send(.put, "targets/\(id)", Self.body).status == 200)
            #expect(try await server.send(.delete, "targets/\(id)").status == 204)
        }
    }

    @Test("PUT replaces the whole target and changes its entity tag")
    func replaced() async throws {
        try await withServer(Self.earlierOrder + [target("T-1", goal: "100.00")]) { server in
            let before = try await server.get("targets/T-1").headers[.eTag]
            for body in [Self.body, Self.body(["{": #"{"id":"T-1","#, "1000.00": "500.00"])] {
                let answer = try await server.send(.put, "targets/T-1", body)
                #expect(answer.status == 200)
                #expect(answer.headers[.location] == nil)
                #expect(answer.headers[.eTag] != before)
                #expect(try answer.json()["name"] as? String == "Q1 revenue")
            }
            #expect(try await server.get("targets/T-1").json()["goal"] as? String == "500.00")
        }
    }

    @Test("What GET answered can be sent back, and changes nothing but the version")
    func sentBack() async throws {
        try await withServer(Self.earlierOrder + [target("T-1", goal: "100.00")]) { server in
            let before = try await server.get("targets/T-1").text
            let left = before.replacing(#""inYear":true"#, with: #""inYear":false"#)
            for body in [before, left, left] {
                let answer = try await server.send(.put, "targets/T-1", body)
                #expect(answer.status == 200 && untagged(answer.text) == untagged(body), "\(answer.text)")
            }
            #expect(try await server.get("widget?year=2026&salesperson=u-17").json()["total"] as? [String: Any] != nil)
            let other = before.replacing(#""currency":"EUR""#, with: #""currency":"USD""#)
            try expectProblem(try await server.send(.put, "targets/T-1", other), 400)
        }
    }

    @Test("A missing target cannot be replaced or deleted")
    func missing() async throws {
        try await withServer([target("T-globex", goal: "1.00", tenant: id("globex"))]) { server in
            for path in ["targets/T-none", "targets/T-globex", "targets/%"] {
                try expectProblem(try await server.send(.put, path, Self.body), 404)
                try expectProblem(try await server.send(.delete, path), 404)
            }
        }
    }

    @Test("With If-Match, a change is made only if the target has not changed")
    func ifMatch() async throws {
        try await withServer([target("T-1", goal: "100.00")]) { server in
            let list = try await server.get("targets").json()["targets"] as? [[String: Any]]
            let tag = try #require(list?.first?["etag"] as? String)
            for wrong in ["\"1-0000000000000000\"", "W/\(tag)", "\"x\", \"y\"", "nonsense"] {
                let headers: HTTPFields = [.ifMatch: wrong]
                try expectProblem(try await server.send(.put, "targets/T-1", Self.body, headers: headers), 412)
                try expectProblem(try await server.send(.delete, "targets/T-1", headers: headers), 412)
            }
            let listed: HTTPFields = [.ifMatch: "\"x\" , \(tag)"]
            #expect(try await server.send(.put, "targets/T-1", Self.body, headers: listed).status == 200)
            try expectProblem(try await server.send(.put, "targets/T-1", Self.body, headers: [.ifMatch: tag]), 412)
            #expect(try await server.send(.put, "targets/T-1", Self.body, headers: [.ifMatch: "*"]).status == 200)
            let latest = try #require(try await server.get("targets/T-1").headers[.eTag])
            #expect(try await server.send(.delete, "targets/T-1", headers: [.ifMatch: latest]).status == 204)
        }
    }

    @Test("A saved order changes the result and not the entity tag")
    func tagIsOfTheTarget() async throws {
        try await withFixture([target("T-1", goal: "100.00")]) { fixture in
            try await fixture.application().test(.router) { client in
                let server = APIClient(client: client)
                let before = try await server.get("targets/T-1")
                try await fixture.sink.apply([saved("SO-1", total: "10.00")])
                let after = try await server.get("targets/T-1")
                #expect(after.text != before.text)
                #expect(after.headers[.eTag] == before.headers[.eTag])
            }
        }
    }

    @Test("Of two changes at the same time, one succeeds and the other gets 412")
    func race() async throws {
        try await withFixture([target("T-1", goal: "100.00")]) { fixture in
            let log = DirectLog(fixture.sink, crowd: 2)
            try await fixture.application(log: log).test(.router) { client in
                let server = APIClient(client: client)
                let tag = try #require(try await server.get("targets/T-1").headers[.eTag])
                async let first = server.send(.put, "targets/T-1", Self.body(["Q1": "A"]), headers: [.ifMatch: tag])
                async let second = server.send(.put, "targets/T-1", Self.body(["Q1": "B"]), headers: [.ifMatch: tag])
                let answers = try await [first, second].sorted { $0.status < $1.status }
                #expect(answers.map(\.status) == [200, 412])
                #expect(try await server.get("targets/T-1").text == answers[0].text)
            }
        }
    }

    @Test("The event has the person who wrote it, the version applied and the next edit")
    func logged() async throws {
        let known = target("T-1", goal: "100.00", version: 7)
        try await withFixture([known]) { fixture in
            let log = DirectLog(fixture.sink)
            try await fixture.application(log: log).test(.router) { client in
                let server = APIClient(client: client)
                let put = try await server.send(.put, "targets/T-1", Self.body, as: "u-2")
                #expect(put.status == 200)
                let deleted = try await server.send(.delete, "targets/T-1", as: "u-2")
                #expect(deleted.status == 204)
            }
            let changes = await log.events.map { event -> RecordVersion? in
                guard case .target(_, let change) = event.change else { return nil }
                return change.version
            }
            #expect(changes == [RecordVersion(number: 7, edit: 1), RecordVersion(number: 7, edit: 2)])
            #expect(await log.people == [id("u-2"), id("u-2")])
        }
    }

    @Test("A target whose version has the highest possible edit cannot be changed")
    func lastEdit() async throws {
        let last = RecordVersion(number: .max, edit: .max)
        try await withServer([target("T-1", goal: "100.00", version: last)]) { server in
            try expectProblem(try await server.send(.put, "targets/T-1", Self.body), 409)
            try expectProblem(try await server.send(.delete, "targets/T-1"), 409)
        }
    }

    @Test(
        "An invalid target is refused with the names of its wrong members, and nothing is written",
        arguments: [
            ("", ["body"]), ("[]", ["body"]), ("{", ["body"]), ("{}", ["measure", "start", "assignees"]),
            (body(["1000.00": "0"]), ["goal"]),
            (body(["revenue\",\"g": "orders\",\"g", "1000.00": "1000.50"]), ["goal"]),
            (body(["2026-03-31": "2025-03-31", "u-18": "u 18"]), ["end", "assignees[0]"]),
        ]
    )
    func refused(body: String, members: [String]) async throws {
        try await withFixture([target("T-1", goal: "100.00")]) { fixture in
            let log = DirectLog(fixture.sink)
            try await fixture.application(log: log).test(.router) { client in
                let server = APIClient(client: client)
                for (method, path) in [(HTTPRequest.Method.post, "targets"), (.put, "targets/T-1")] {
                    let answer = try await server.send(method, path, body)
                    try expectProblem(answer, 400)
                    let errors = try answer.json()["errors"] as? [[String: String]]
                    #expect(errors?.compactMap { $0["member"] } == members)
                }
                let other = try await server.send(.put, "targets/T-1", Self.body(["{": #"{"id":"T-2","#]))
                try expectProblem(other, 400)
            }
            #expect(await log.events.isEmpty)
        }
    }

    @Test("A body must have a JSON content type and at most 1 MiB")
    func bodies() async throws {
        try await withServer([]) { server in
            for type in ["text/plain", "application/x-www-form-urlencoded", "text/json", ""] {
                let answer = try await server.send(.post, "targets", Self.body, headers: [.contentType: type])
                try expectProblem(answer, 415)
            }
            for type in ["application/json; charset=utf-8", "Application/JSON", "application/merge-patch+json"] {
                let answer = try await server.send(.post, "targets", Self.body, headers: [.contentType: type])
                #expect(answer.status == 201)
            }
            let large = Self.body + String(repeating: " ", count: 1_048_576)
            try expectProblem(try await server.send(.post, "targets", large), 413)
        }
    }

    @Test("A write that no worker applies in time gets 202 with the location of the result")
    func accepted() async throws {
        try await withFixture([target("T-1", goal: "100.00")]) { fixture in
            let log = DirectLog(fixture.sink, appliesEvents: false)
            let application = try await fixture.application(log: log, timeout: .milliseconds(30))
            try await application.test(.router) { client in
                let server = APIClient(client: client)
                for (method, path, body) in [
                    (HTTPRequest.Method.put, "targets/T-1", Self.body), (.delete, "targets/T-1", nil),
                    (.post, "targets", Self.body(["{": #"{"id":"T-2","#])),
                ] as [(HTTPRequest.Method, String, String?)] {
                    let answer = try await server.send(method, path, body)
                    #expect(answer.status == 202)
                    #expect(answer.headers[.location] == "/api/v1/targets/\(method == .post ? "T-2" : "T-1")")
                }
                let months = #"{"measure":"orders","goal":12,"year":2026,"assignees":["u-17"]}"#
                let answer = try await server.send(.post, "targets/months", months)
                #expect(answer.status == 202)
                #expect(answer.headers[.location] == "/api/v1/targets?year=2026")
            }
        }
    }
}
