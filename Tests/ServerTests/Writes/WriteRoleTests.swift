import HTTPTypes
import HummingbirdTesting
import SalesRules
import Server
import Testing

@Suite("Write rights of each role", .timeLimit(.minutes(1)))
struct WriteRoleTests {
    /// A request, and the status that each role gets.
    struct Change: Sendable, CustomTestStringConvertible {
        let method: HTTPRequest.Method
        let path: String
        let body: String?
        let manager: Int
        /// u-17
        let salesperson: Int
        let ingest: Int
        /// A manager of another tenant, which has none of these records.
        let otherTenant: Int
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
            otherTenant: 201
        ),
        Change(
            method: .put,
            path: "targets/T-17",
            body: target,
            manager: 200,
            salesperson: 403,
            ingest: 403,
            otherTenant: 404
        ),
        Change(
            method: .delete,
            path: "targets/T-17",
            body: nil,
            manager: 204,
            salesperson: 403,
            ingest: 403,
            otherTenant: 404
        ),
        Change(
            method: .post,
            path: "targets/months",
            body: #"{"measure":"orders","goal":12,"year":2026,"assignees":["u-17"]}"#,
            manager: 201,
            salesperson: 403,
            ingest: 403,
            otherTenant: 201
        ),
        Change(
            method: .post,
            path: "targets/copies",
            body: #"{"from":2026,"to":2027}"#,
            manager: 201,
            salesperson: 403,
            ingest: 403,
            otherTenant: 201
        ),
        Change(
            method: .post,
            path: "orders/SO-17/allocations",
            body: allocation,
            manager: 201,
            salesperson: 403,
            ingest: 403,
            otherTenant: 404
        ),
        Change(
            method: .post,
            path: "orders/SO-17/allocations?preview=true",
            body: allocation,
            manager: 200,
            salesperson: 403,
            ingest: 403,
            otherTenant: 404
        ),
        Change(
            method: .put,
            path: "allocations/A-own",
            body: allocation,
            manager: 200,
            salesperson: 403,
            ingest: 403,
            otherTenant: 404
        ),
        Change(
            method: .put,
            path: "allocations/A-1?order=SO-both",
            body: allocation,
            manager: 200,
            salesperson: 403,
            ingest: 403,
            otherTenant: 404
        ),
        Change(
            method: .delete,
            path: "allocations/A-own",
            body: nil,
            manager: 204,
            salesperson: 403,
            ingest: 403,
            otherTenant: 404
        ),
        Change(
            method: .get,
            path: "allocations/A-own",
            body: nil,
            manager: 200,
            salesperson: 200,
            ingest: 403,
            otherTenant: 404
        ),
        Change(
            method: .get,
            path: "allocations/A-1?order=SO-both",
            body: nil,
            manager: 200,
            salesperson: 200,
            ingest: 403,
            otherTenant: 404
        ),
        Change(
            method: .post,
            path: "orders",
            body: event,
            manager: 403,
            salesperson: 403,
            ingest: 200,
            otherTenant: 403
        ),
        Change(
            method: .put,
            path: "me/preferences",
            body: #"{"widget":{"salesperson":"u-17"}}"#,
            manager: 200,
            salesperson: 200,
            ingest: 403,
            otherTenant: 200
        ),
        Change(
            method: .put,
            path: "me/preferences",
            body: #"{"widget":{"salesperson":"all"}}"#,
            manager: 200,
            salesperson: 403,
            ingest: 403,
            otherTenant: 200
        ),
        Change(
            method: .get,
            path: "targets.csv",
            body: nil,
            manager: 200,
            salesperson: 200,
            ingest: 403,
            otherTenant: 200
        ),
        Change(
            method: .get,
            path: "targets.csv?salesperson=u-18",
            body: nil,
            manager: 200,
            salesperson: 403,
            ingest: 403,
            otherTenant: 200
        ),
    ]

    @Test(
        "Each role can make only the changes that it may make, and only in its own tenant",
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
                        #expect(await log.events.count == written, "a refused request must write nothing")
                    }
                    return answer.status
                }
                let otherTenant = try await status("u-boss", .manager, tenant: id("initech"))
                #expect(otherTenant == change.otherTenant)
                let salesperson = try await status("u-17", .salesperson)
                #expect(salesperson == change.salesperson)
                let ingest = try await status("crm", .ingest)
                #expect(ingest == change.ingest)
                let manager = try await status("u-boss", .manager)
                #expect(manager == change.manager)
            }
        }
    }

    @Test("A request without a valid token gets 401", arguments: changes)
    func withoutToken(change: Change) async throws {
        try await withServer(RoleTests.events) { server in
            let tokens = [
                nil, "nonsense", try await ServerFixture.token("u-boss", .manager, expiresIn: .seconds(-60)),
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

    @Test("Preferences are stored for the person who set them, and for no one else")
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
