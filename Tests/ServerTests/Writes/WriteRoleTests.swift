import HTTPTypes
import HummingbirdTesting
import SalesRules
import Server
import Testing

@Suite("Who may change what", .timeLimit(.minutes(1)))
struct WriteRoleTests {
    /// A change, and the status that each role gets for it.
    struct Change: Sendable, CustomTestStringConvertible {
        let method: HTTPRequest.Method
        let path: String
        let body: String?
        let manager: Int
        /// u-17
        let salesperson: Int
        let ingest: Int
        /// A manager of another organisation, where nothing of this is.
        let stranger: Int
        var testDescription: String { "\(method) \(path)" }
    }

    private static let target = TargetWriteTests.body
    private static let allocation = #"{"salesperson":"u-18","percent":"10"}"#
    private static let event = #"{"type":"order.deleted","id":"SO-9"}"#

    static let changes = [
        Change(
            method: .post,
            path: "targets",
            body: target,
            manager: 201,
            salesperson: 403,
            ingest: 403,
            stranger: 201
        ),
        Change(
            method: .put,
            path: "targets/T-17",
            body: target,
            manager: 200,
            salesperson: 403,
            ingest: 403,
            stranger: 404
        ),
        Change(
            method: .delete,
            path: "targets/T-17",
            body: nil,
            manager: 204,
            salesperson: 403,
            ingest: 403,
            stranger: 404
        ),
        Change(
            method: .post,
            path: "targets/months",
            body: #"{"measure":"orders","goal":12,"year":2026,"assignees":["u-17"]}"#,
            manager: 201,
            salesperson: 403,
            ingest: 403,
            stranger: 201
        ),
        Change(
            method: .post,
            path: "targets/copies",
            body: #"{"from":2026,"to":2027}"#,
            manager: 201,
            salesperson: 403,
            ingest: 403,
            stranger: 201
        ),
        Change(
            method: .post,
            path: "orders/SO-17/allocations",
            body: allocation,
            manager: 201,
            salesperson: 403,
            ingest: 403,
            stranger: 404
        ),
        Change(
            method: .post,
            path: "orders/SO-17/allocations?preview=true",
            body: allocation,
            manager: 200,
            salesperson: 403,
            ingest: 403,
            stranger: 404
        ),
        Change(
            method: .put,
            path: "allocations/A-own",
            body: allocation,
            manager: 200,
            salesperson: 403,
            ingest: 403,
            stranger: 404
        ),
        Change(
            method: .put,
            path: "allocations/A-1?order=SO-both",
            body: allocation,
            manager: 200,
            salesperson: 403,
            ingest: 403,
            stranger: 404
        ),
        Change(
            method: .delete,
            path: "allocations/A-own",
            body: nil,
            manager: 204,
            salesperson: 403,
            ingest: 403,
            stranger: 404
        ),
        Change(
            method: .get,
            path: "allocations/A-own",
            body: nil,
            manager: 200,
            salesperson: 403,
            ingest: 403,
            stranger: 404
        ),
        Change(
            method: .get,
            path: "allocations/A-1?order=SO-both",
            body: nil,
            manager: 200,
            salesperson: 200,
            ingest: 403,
            stranger: 404
        ),
        Change(method: .post, path: "orders", body: event, manager: 403, salesperson: 403, ingest: 200, stranger: 403),
        Change(
            method: .put,
            path: "me/preferences",
            body: #"{"widget":{"salesperson":"u-17"}}"#,
            manager: 200,
            salesperson: 200,
            ingest: 403,
            stranger: 200
        ),
        Change(
            method: .put,
            path: "me/preferences",
            body: #"{"widget":{"salesperson":"all"}}"#,
            manager: 200,
            salesperson: 403,
            ingest: 403,
            stranger: 200
        ),
        Change(
            method: .get,
            path: "targets.csv",
            body: nil,
            manager: 200,
            salesperson: 200,
            ingest: 403,
            stranger: 200
        ),
        Change(
            method: .get,
            path: "targets.csv?salesperson=u-18",
            body: nil,
            manager: 200,
            salesperson: 403,
            ingest: 403,
            stranger: 200
        ),
    ]

    @Test(
        "Each role may change what is its own to change, and nobody what is another organisation's",
        arguments: changes
    )
    func rights(change: Change) async throws {
        let events = RoleTests.events + [allocated("SO-18", "A-own u-18 5%")]
        try await withFixture(events) { fixture in
            let log = DirectLog(fixture.sink)
            try await fixture.application(log: log).test(.router) { client in
                let server = APIClient(client: client)
                func status(_ person: String, _ role: Role, tenant: Identifier? = nil) async throws -> Int {
                    let written = await log.events.count
                    let answer = try await server.send(
                        change.method,
                        change.path,
                        change.body,
                        as: person,
                        role,
                        tenant: tenant
                    )
                    if answer.status >= 400 {
                        try expectProblem(answer, answer.status)
                        #expect(await log.events.count == written, "what is refused writes nothing")
                    }
                    return answer.status
                }
                let stranger = try await status("u-boss", .manager, tenant: id("initech"))
                #expect(stranger == change.stranger)
                let salesperson = try await status("u-17", .salesperson)
                #expect(salesperson == change.salesperson)
                let ingest = try await status("crm", .ingest)
                #expect(ingest == change.ingest)
                let manager = try await status("u-boss", .manager)
                #expect(manager == change.manager)
            }
        }
    }

    @Test("Without a valid token nothing is changed", arguments: changes)
    func withoutToken(change: Change) async throws {
        try await withServer(RoleTests.events) { server in
            let tokens = [
                nil, "nonsense", try await ServerFixture.token("u-boss", .manager, expiresIn: .seconds(-1)),
                try await ServerFixture.token("u-boss", .manager, secret: Array(ServerFixture.secret.reversed())),
            ]
            for token in tokens {
                var headers: HTTPFields = [.contentType: "application/json"]
                if let token { headers[.authorization] = "Bearer \(token)" }
                let answer = try await server.send(
                    change.path,
                    headers: headers,
                    method: change.method,
                    body: change.body
                )
                try expectProblem(answer, 401)
            }
        }
    }

    @Test("What is chosen is remembered for the next time, and for nobody else")
    func preferences() async throws {
        try await withServer(RoleTests.events) { server in
            let body = #"{"widget":{"year":2025,"salesperson":"u-18","measure":"orders"}}"#
            let answer = try await server.send(.put, "me/preferences", body)
            #expect(answer.status == 200)
            #expect(answer.text == body)
            #expect(try await server.get("me").text.hasSuffix(#""preferences":\#(body)}"#))
            let widget = try await server.get("widget").json()
            #expect(widget["year"] as? Int == 2025)
            #expect(try await server.get("me", as: "u-2").text.hasSuffix(#""preferences":{"widget":{}}}"#))
            #expect(try await server.send(.put, "me/preferences", #"{"widget":{}}"#).text == #"{"widget":{}}"#)
            #expect(try await server.get("me").text.hasSuffix(#""preferences":{"widget":{}}}"#))
            try expectProblem(try await server.send(.put, "me/preferences", #"{"widget":{"year":1}}"#), 400)
        }
    }
}
