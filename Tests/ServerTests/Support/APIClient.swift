import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import SalesRules
import Server
import Testing

/// Sends requests to the server, with the token of a person and a role.
struct APIClient: Sendable {
    let client: any TestClientProtocol

    /// A response of the server.
    struct Answer {
        let status: Int
        let headers: HTTPFields
        let text: String

        /// The members of the body.
        func json(_ location: SourceLocation = #_sourceLocation) throws -> [String: Any] {
            let json = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
            return try #require(json, "not a JSON object: \(text)", sourceLocation: location)
        }
    }

    /// - Parameters:
    ///   - path: the path below `/api/v1`, or the whole path when it begins with a slash.
    ///   - token: nil to send no token.
    func get(_ path: String, token: String?, method: HTTPRequest.Method = .get) async throws -> Answer {
        let headers: HTTPFields = token.map { [.authorization: "Bearer \($0)"] } ?? [:]
        return try await send(path, headers: headers, method: method)
    }

    /// Sends a request with a valid token.
    func get(_ path: String, as person: String = "u-boss", _ role: Role = .manager) async throws -> Answer {
        try await get(path, token: try await ServerFixture.token(person, role))
    }

    /// Sends a request with a valid token and a body.
    /// - Parameter body: nil for no body; the content type is JSON unless `headers` has another one.
    func send(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ body: String? = nil,
        as person: String = "u-boss",
        _ role: Role = .manager,
        tenant: Identifier? = nil,
        headers more: HTTPFields = [:]
    ) async throws -> Answer {
        var headers = more
        headers[.authorization] = "Bearer \(try await ServerFixture.token(person, role, tenant: tenant))"
        if body != nil, headers[.contentType] == nil { headers[.contentType] = "application/json" }
        return try await send(path, headers: headers, method: method, body: body)
    }

    func send(_ path: String, headers: HTTPFields, method: HTTPRequest.Method = .get, body: String? = nil) async throws
        -> Answer
    {
        let uri = path.hasPrefix("/") ? path : "/api/v1/" + path
        return try await client.execute(
            uri: uri,
            method: method,
            headers: headers,
            body: body.map { ByteBuffer(string: $0) }
        ) { response in
            Answer(
                status: response.status.code,
                headers: response.headers,
                text: String(buffer: response.body)
            )
        }
    }
}

/// Removes the line breaks and indentation from readable JSON of a test.
func compact(_ json: String) -> String {
    json.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }.joined()
}

/// Removes well-formed entity tags from JSON.
func untagged(_ json: String) -> String {
    json.replacing(/,"etag":"\\"(?:-?[0-9]+)?\.[0-9]+-[0-9a-f]{16}\\""/, with: "")
}

/// Expects that a response is a problem document with this status.
func expectProblem(
    _ answer: APIClient.Answer,
    _ status: Int,
    _ comment: Comment? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
) throws {
    #expect(answer.status == status, comment, sourceLocation: sourceLocation)
    #expect(answer.headers[.contentType] == "application/problem+json", comment, sourceLocation: sourceLocation)
    let json = try answer.json(sourceLocation)
    #expect(json["status"] as? Int == status, comment, sourceLocation: sourceLocation)
    for member in ["type", "title", "detail"] {
        #expect((json[member] as? String)?.isEmpty == false, comment, sourceLocation: sourceLocation)
    }
}
