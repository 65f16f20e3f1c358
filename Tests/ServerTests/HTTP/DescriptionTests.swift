import Foundation
import Hummingbird
import HummingbirdTesting
import SalesRules
import Testing

@testable import Server

@Suite("The OpenAPI document and the allowed methods", .timeLimit(.minutes(1)))
struct DescriptionTests {
    @Test("The OpenAPI document describes exactly the routes of the server")
    func routes() async throws {
        try await withFixture([]) { fixture in
            let router = try await fixture.router()
            var routes = Set(router.routes.filter { $0.method != .head }.map { "\($0.method) \($0.path)" })
            // The router has one pattern for `months` and `copies`; see TargetWriteRoutes.
            #expect(routes.remove("POST /api/v1/targets/{id}") != nil)
            // An OpenAPI path parameter cannot contain a slash.
            #expect(routes.remove("GET /assets/**") != nil)
            let expected = routes.union([
                "GET /assets/{file}", "POST /api/v1/targets/months", "POST /api/v1/targets/copies",
            ])
            try await Application(router: router).test(.router) { client in
                let document = try await APIClient(client: client).get("/openapi.json", token: nil).json()
                let paths = try #require(document["paths"] as? [String: [String: Any]])
                let described = paths.flatMap { path, operations in
                    operations.keys.filter { $0 != "parameters" }.map { "\($0.uppercased()) \(path)" }
                }
                #expect(Set(described) == expected)
            }
        }
    }

    @Test("A method that a path does not allow gets 405, and the Allow header lists the allowed ones")
    func otherMethods() async throws {
        try await withServer([]) { server in
            for (path, allowed) in [
                ("/healthz", "GET, HEAD"), ("targets/T-1", "DELETE, GET, HEAD, PUT"), ("orders", "POST"),
            ] {
                let answer = try await server.get(path, token: nil, method: .patch)
                try expectProblem(answer, 405)
                #expect(answer.headers[.allow] == allowed)
            }
        }
    }
}
