import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import SalesRules
import Server
import Testing

extension APIClient {
    /// Sends JSON with POST to a path below `/api/v1`.
    func post(_ json: String, to path: String, headers: HTTPFields = [:]) async throws -> Answer {
        try await client.execute(
            uri: "/api/v1/" + path,
            method: .post,
            headers: headers,
            body: ByteBuffer(string: json)
        ) { response in
            Answer(status: response.status.code, headers: response.headers, text: String(buffer: response.body))
        }
    }

    /// Signs in with a username and a password.
    func signIn(_ username: String, _ password: String, headers: HTTPFields = [:]) async throws -> Answer {
        try await post(#"{"username":"\#(username)","password":"\#(password)"}"#, to: "session", headers: headers)
    }
}

extension APIClient.Answer {
    /// The token in the response to a sign-in.
    var sessionToken: String {
        get throws { try #require(try json()["token"] as? String) }
    }

    /// The `Cookie` header that a browser sends after this response.
    var cookie: HTTPFields {
        get throws {
            let text = try #require(headers[.setCookie]?.split(separator: ";").first)
            return [.cookie: String(text)]
        }
    }
}

/// Accounts with a cheap password hash, so that tests are fast.
enum TestAccounts {
    static let password = "correct horse battery"

    static func account(
        _ username: String,
        person: String,
        _ role: Role,
        password: String = password,
        now: Date = ServerFixture.now
    ) throws -> Account {
        Account(
            username: try #require(Username(username)),
            person: id(person),
            role: role,
            tenant: acme,
            name: "",
            password: try PasswordHash(of: password, strength: PasswordHash.Strength(n: 1 << 4, r: 1, p: 1)),
            now: now
        )
    }

    /// The manager `marit` (u-boss) and the salesperson `jan` (u-17).
    static func all() throws -> Accounts {
        Accounts([
            try account("marit", person: "u-boss", .manager), try account("jan", person: "u-17", .salesperson),
        ])
    }
}
