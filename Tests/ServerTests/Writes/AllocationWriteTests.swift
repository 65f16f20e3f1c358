import HTTPTypes
import HummingbirdTesting
import SalesRules
import Server
import Testing

@Suite("Writing allocations", .timeLimit(.minutes(1)))
struct AllocationWriteTests {
    private static let events = [
        person("u-18", "Mia Bakker"), target("T-1", goal: "1000.00", for: ["u-17", "u-18"]),
        saved("SO-1", total: "100.00", allocations: ["A-1 u-18 40%"]), saved("SO-2", total: "50.00"),
    ]

    private func credits(_ server: APIClient, _ order: String = "SO-1") async throws -> [String: String] {
        let credits = try await server.get("orders/\(order)").json()["credits"] as? [[String: Any]] ?? []
        return Dictionary(uniqueKeysWithValues: credits.map { ($0["salesperson"] as! String, $0["amount"] as! String) })
    }

    @Test("A new allocation is credited at once, and the order shows its unallocated amount", arguments: [1, 3])
    func created(shards: Int) async throws {
        try await withServer(Self.events, rules: Rules(ownerCredit: .remainder), shards: shards) { server in
            let answer = try await server.send(
                .post,
                "orders/SO-1/allocations",
                #"{"salesperson":"u-19","amount":25.5}"#
            )
            #expect(answer.status == 201)
            let json = try answer.json()
            let id = try #require(json["id"] as? String)
            #expect(id.wholeMatch(of: /A-[a-z0-9]{16}/) != nil)
            #expect(answer.headers[.location] == "/api/v1/allocations/\(id)?order=SO-1")
            #expect(answer.headers[.eTag] == json["etag"] as? String)
            #expect(
                untagged(answer.text)
                    == compact(
                        """
                        {"id":"\(id)","order":"SO-1","salesperson":"u-19","name":"u-19","amount":"25.50","source":"own"}
                        """
                    )
            )
            #expect(try await credits(server) == ["u-17": "34.50", "u-18": "40.00", "u-19": "25.50"])
            #expect(try await server.get("orders/SO-1").json()["unallocated"] as? String == "34.50")
            let location = try #require(answer.headers[.location])
            #expect(try await server.get(location).text == answer.text)
        }
    }

    @Test("What GET answered can be sent back: an amount keeps all its digits, and the order cannot be another")
    func sentBack() async throws {
        try await withServer(Self.events) { server in
            let body = #"{"id":"A-9","salesperson":"u-18","amount":"-33.3333333333333333"}"#
            #expect(try await server.send(.post, "orders/SO-2/allocations", body).status == 201)
            let before = try await server.get("allocations/A-9").text
            #expect(before.contains(#""amount":"33.3333333333333333""#))
            let answer = try await server.send(.put, "allocations/A-9", before)
            #expect(answer.status == 200 && untagged(answer.text) == untagged(before))
            let other = before.replacing(#""order":"SO-2""#, with: #""order":"SO-1""#)
            try expectProblem(try await server.send(.put, "allocations/A-9", other), 400)
        }
    }

    @Test("The allocation id alone is enough to change or delete it when one order has that id")
    func changed() async throws {
        try await withServer(Self.events) { server in
            let body = #"{"id":"A-9","salesperson":"u-18","percent":"10"}"#
            #expect(try await server.send(.post, "orders/SO-2/allocations", body).status == 201)
            let put = try await server.send(.put, "allocations/A-9", #"{"salesperson":"u-18","percent":"60"}"#)
            #expect(put.status == 200)
            #expect(try put.json()["percent"] as? String == "60")
            #expect(try await credits(server, "SO-2")["u-18"] == "30.00")
            #expect(try await server.send(.delete, "allocations/A-9").status == 204)
            #expect(try await credits(server, "SO-2") == ["u-17": "50.00"])
            try expectProblem(try await server.send(.delete, "allocations/A-9"), 404)
        }
    }

    @Test("When several orders have an allocation with the id, the request must name the order")
    func ambiguous() async throws {
        let more = [allocated("SO-1", "A-9 u-18"), allocated("SO-2", "A-9 u-18")]
        try await withServer(Self.events + more, shards: 3) { server in
            let answer = try await server.send(.delete, "allocations/A-9")
            try expectProblem(answer, 409)
            #expect((try answer.json()["errors"] as? [[String: String]])?.first?["member"] == "order")
            #expect(try await server.send(.delete, "allocations/A-9?order=SO-2").status == 204)
            #expect(try await server.send(.delete, "allocations/A-9").status == 204)
        }
    }

    @Test("A saved allocation replaces the one with the same id in the order's list")
    func listed() async throws {
        try await withServer(Self.events) { server in
            try expectProblem(try await server.send(.delete, "allocations/A-1"), 404)
            let body = #"{"salesperson":"u-19","percent":"25"}"#
            let put = try await server.send(.put, "allocations/A-1?order=SO-1", body)
            #expect(put.status == 200)
            #expect(try put.json()["source"] as? String == "own")
            #expect(try await credits(server) == ["u-17": "100.00", "u-19": "25.00"])
            #expect(try await server.send(.delete, "allocations/A-1?order=SO-1").status == 204)
            #expect(try await credits(server) == ["u-17": "100.00"])
            try expectProblem(try await server.send(.put, "allocations/A-1?order=SO-1", body), 404)
            let again = #"{"id":"A-1","salesperson":"u-18"}"#
            #expect(try await server.send(.post, "orders/SO-1/allocations", again).status == 201)
            #expect(try await credits(server)["u-18"] == "100.00")
        }
    }

    @Test("An allocation stays with its order: another order in the body is refused, and its own is taken back")
    func moved() async throws {
        try await withServer(Self.events + [allocated("SO-1", "A-9 u-18 10%")]) { server in
            func body(_ order: String) -> String {
                #"{"id":"A-9","order":"\#(order)","salesperson":"u-18","percent":60}"#
            }
            for (method, path) in [
                (HTTPRequest.Method.put, "allocations/A-9"), (.put, "allocations/A-9?order=SO-1"),
                (.put, "allocations/A-9?preview=true"), (.post, "orders/SO-1/allocations"),
            ] {
                let answer = try await server.send(method, path, body("SO-2"))
                try expectProblem(answer, 400)
                let errors = try answer.json()["errors"] as? [[String: String]]
                #expect(errors?.map { $0["member"] } == ["order"], "\(method) \(path)")
            }
            #expect(try await credits(server, "SO-2") == ["u-17": "50.00"])
            let got = try await server.get("allocations/A-9").text
            #expect(try await server.send(.put, "allocations/A-9", got).status == 200)
            #expect(try await server.send(.put, "allocations/A-9", body("SO-1")).status == 200)
            #expect(try await credits(server)["u-18"] == "100.00")
            #expect(try await server.send(.post, "orders/SO-2/allocations", body("SO-2")).status == 201)
            #expect(try await credits(server, "SO-2")["u-18"] == "30.00")
        }
    }

    @Test("A preview shows the order after the change, and writes nothing")
    func preview() async throws {
        try await withFixture(Self.events, rules: Rules(ownerCredit: .remainder)) { fixture in
            let log = DirectLog(fixture.sink)
            try await fixture.application(log: log).test(.router) { client in
                let server = APIClient(client: client)
                let before = try await server.get("orders/SO-1").text
                let half = #"{"salesperson":"u-19","percent":"50"}"#
                for (method, path, left) in [
                    (HTTPRequest.Method.post, "orders/SO-1/allocations?preview=true", "10.00"),
                    (.put, "allocations/A-1?order=SO-1&preview=true", "50.00"),
                    (.delete, "allocations/A-1?order=SO-1&preview=true", "100.00"),
                ] {
                    let answer = try await server.send(method, path, method == .delete ? nil : half)
                    #expect(answer.status == 200)
                    let json = try answer.json()
                    #expect(json["unallocated"] as? String == left)
                    #expect(json["contributions"] is [Any])
                }
                #expect(try await server.get("orders/SO-1").text == before)
                try expectProblem(try await server.send(.post, "orders/SO-1/allocations?preview=yes", half), 400)
            }
            #expect(await log.events.isEmpty)
        }
    }

    @Test("With If-Match, a change is made only if the allocation has not changed")
    func ifMatch() async throws {
        try await withServer(Self.events) { server in
            func tag() async throws -> String? {
                let allocations = try await server.get("orders/SO-1").json()["allocations"] as? [[String: Any]]
                return allocations?.first?["etag"] as? String
            }
            let (path, body) = ("allocations/A-1?order=SO-1", #"{"salesperson":"u-18","percent":"40"}"#)
            let listed = try #require(try await tag())
            let answer = try await server.send(.put, path, body, headers: [.ifMatch: listed])
            #expect(answer.status == 200)
            #expect(answer.headers[.eTag] != listed)
            for (method, body) in [(HTTPRequest.Method.put, body), (.delete, nil)] as [(HTTPRequest.Method, String?)] {
                try expectProblem(try await server.send(method, path, body, headers: [.ifMatch: listed]), 412)
            }
            let own = try #require(try await tag())
            #expect(try await server.send(.delete, path, headers: [.ifMatch: own]).status == 204)
        }
    }

    @Test("Of two changes at the same time, one succeeds and the other gets 412")
    func race() async throws {
        try await withFixture(Self.events) { fixture in
            let log = DirectLog(fixture.sink, crowd: 2)
            try await fixture.application(log: log).test(.router) { client in
                let server = APIClient(client: client)
                let path = "allocations/A-1?order=SO-1"
                async let first = server.send(.put, path, #"{"salesperson":"u-18","percent":"50"}"#)
                async let second = server.send(.put, path, #"{"salesperson":"u-18","percent":"60"}"#)
                let answers = try await [first, second].sorted { $0.status < $1.status }
                #expect(answers.map(\.status) == [200, 412])
            }
        }
    }

    @Test(
        "An invalid allocation is refused and changes no credit",
        arguments: [
            ("orders/SO-none/allocations", #"{"salesperson":"u-18"}"#, 404),
            ("orders/SO-1/allocations", #"{"id":"A-1","salesperson":"u-18"}"#, 409),
            ("orders/SO-1/allocations", #"{"salesperson":"u-18","percent":"101"}"#, 400),
            ("orders/SO-1/allocations", #"{"salesperson":"u-18","percent":"1","amount":"1"}"#, 400),
            ("orders/SO-1/allocations", #"{"percent":"1"}"#, 400), ("orders/SO-1/allocations", "x", 400),
        ]
    )
    func refused(path: String, body: String, status: Int) async throws {
        try await withServer(Self.events) { server in
            try expectProblem(try await server.send(.post, path, body), status)
            #expect(try await credits(server) == ["u-17": "100.00", "u-18": "40.00"])
        }
    }

    @Test("An order has at most a hundred saved allocations")
    func tooMany() async throws {
        let own = (1...100).map { allocated("SO-2", "X-\($0) u-18 1%") }
        try await withServer(Self.events + own) { server in
            let body = #"{"salesperson":"u-18"}"#
            try expectProblem(try await server.send(.post, "orders/SO-2/allocations", body), 409)
            try expectProblem(try await server.send(.post, "orders/SO-2/allocations?preview=true", body), 409)
            #expect(try await server.send(.put, "allocations/X-1", body).status == 200)
        }
    }

    @Test("An allocation beyond the hundred that count says so, and counts when there is room")
    func uncounted() async throws {
        let own = (1...101).map { allocated("SO-2", "X-\($0) u-18 1%") }
        try await withServer(Self.events + own) { server in
            func counts() async throws -> [String: Bool] {
                let order = try await server.get("orders/SO-2").json()
                let allocations = order["allocations"] as? [[String: Any]] ?? []
                return Dictionary(
                    uniqueKeysWithValues: allocations.map { ($0["id"] as! String, $0["counts"] as? Bool ?? true) }
                )
            }
            let before = try await counts()
            #expect(before.count == 101 && before.filter { !$0.value } == ["X-101": false])
            #expect(try await server.get("allocations/X-101").json()["counts"] as? Bool == false)
            try expectProblem(try await server.send(.put, "allocations/X-101", #"{"salesperson":"u-18"}"#), 409)
            #expect(try await server.send(.delete, "allocations/X-7").status == 204)
            let after = try await counts()
            #expect(after.count == 100 && after.values.allSatisfy(\.self))
        }
    }

    @Test("A write that no worker applies in time gets 202 with the location of the result")
    func accepted() async throws {
        try await withFixture(Self.events) { fixture in
            let log = DirectLog(fixture.sink, appliesEvents: false)
            let application = try await fixture.application(log: log, timeout: .milliseconds(30))
            try await application.test(.router) { client in
                let server = APIClient(client: client)
                let body = #"{"salesperson":"u-18"}"#
                let put = try await server.send(.put, "allocations/A-1?order=SO-1", body)
                #expect(put.status == 202)
                #expect(put.headers[.location] == "/api/v1/allocations/A-1?order=SO-1")
                let deleted = try await server.send(.delete, "allocations/A-1?order=SO-1")
                #expect(deleted.status == 202)
                #expect(deleted.headers[.location] == "/api/v1/orders/SO-1")
            }
        }
    }
}
