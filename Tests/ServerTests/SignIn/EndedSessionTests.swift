import Foundation
import HTTPTypes
import HummingbirdTesting
import Ledger
import LocalServers
import Redis
import SalesRules
import Testing

@testable import Server

@Suite("Sessions that are ended, and links that are used", .timeLimit(.minutes(1)))
struct EndedSessionTests {
    private func withTwoServers(
        _ body: @escaping @Sendable (ServerFixture, APIClient, APIClient) async throws -> Void
    ) async throws {
        try await withFixture([]) { fixture in
            let accounts = AccountDirectory(try TestAccounts.all())
            try await fixture.application(accounts: accounts).test(.router) { one in
                try await fixture.application(accounts: accounts).test(.router) { two in
                    try await body(fixture, APIClient(client: one), APIClient(client: two))
                }
            }
        }
    }

    /// Asks until the answer is 401; the time limit of the suite is the deadline.
    private func waitForRefusal(_ server: APIClient, _ token: String) async throws {
        while try await server.get("freshness", token: token).status != 401 { try Task.checkCancellation() }
    }

    @Test("Signing out ends the session on this server at once, and on the others; other sessions go on")
    func signOut() async throws {
        try await withTwoServers { _, one, two in
            let answer = try await one.signIn("jan", TestAccounts.password)
            let token = try answer.sessionToken
            let other = try await two.signIn("jan", TestAccounts.password).sessionToken
            #expect(try await two.get("me", token: token).status == 200)
            #expect(try await one.send("session", headers: try answer.cookie, method: .delete).status == 204)
            #expect(try await one.get("me", token: token).status == 401)
            #expect(try await one.send("me", headers: try answer.cookie).status == 401)
            try await waitForRefusal(two, token)
            for server in [one, two] { #expect(try await server.get("me", token: other).status == 200) }
        }
    }

    @Test("A page in a frame signs out with its bearer token")
    func bearer() async throws {
        try await withTwoServers { _, one, _ in
            let token = try await one.signIn("jan", TestAccounts.password).sessionToken
            let headers: HTTPFields = [.authorization: "Bearer \(token)"]
            #expect(try await one.send("session", headers: headers, method: .delete).status == 204)
            #expect(try await one.get("me", token: token).status == 401)
        }
    }

    @Test("A Redis that lost the list gets it again from a server that knows it")
    func lostList() async throws {
        try await withTwoServers { fixture, one, two in
            let token = try await one.signIn("jan", TestAccounts.password).sessionToken
            let headers: HTTPFields = [.authorization: "Bearer \(token)"]
            #expect(try await one.send("session", headers: headers, method: .delete).status == 204)
            _ = try await fixture.connection.send(RedisPipeline(RedisCommand("DEL", fixture.keys.endedSessions)))
            let exists = RedisPipeline(RedisCommand("EXISTS", fixture.keys.endedSessions))
            while try await fixture.connection.send(exists)[0] != .integer(1) {
                try Task.checkCancellation()
                try #require(try await one.get("freshness", token: token).status == 401)
            }
            try await waitForRefusal(two, token)
        }
    }

    @Test("While Redis does not answer, signing out says that other servers do not know it")
    func withoutRedis() async throws {
        try await withTwoServers { fixture, one, _ in
            let answer = try await one.signIn("jan", TestAccounts.password)
            await fixture.redis.stop()
            let out = try await one.send("session", headers: try answer.cookie, method: .delete)
            try expectProblem(out, 503)
            #expect(out.headers[.setCookie]?.contains("Max-Age=0") == true)
            #expect(try await one.get("freshness", token: try answer.sessionToken).status == 401)
        }
    }

    @Test("A link signs in once, on whichever server, and its text cannot be changed to use it again")
    func linkOnce() async throws {
        try await withTwoServers { _, one, two in
            let viewer = Viewer(id: id("u-17"), tenant: acme, role: .salesperson, name: "Jan")
            let signer = TokenSigner(secret: ServerFixture.secret)
            let links = [
                try await signer.link(for: viewer, expiresIn: .seconds(300), now: ServerFixture.now),
                try await signer.link(for: viewer, expiresIn: .seconds(300), now: ServerFixture.now),
            ]
            #expect(try await one.post(#"{"link":"\#(links[0])"}"#, to: "session").status == 200)
            // The last character of a signature of 32 bytes has two bits that mean nothing.
            let last = try #require(links[0].last)
            let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
            let place = try #require(alphabet.firstIndex(of: last))
            let twin = links[0].dropLast() + String(alphabet[place ^ 1])
            for server in [one, two] {
                for link in [links[0], twin, links[0] + "="] {
                    try expectProblem(try await server.post(#"{"link":"\#(link)"}"#, to: "session"), 401)
                }
            }
            #expect(try await two.post(#"{"link":"\#(links[1])"}"#, to: "session").status == 200)
        }
    }

    @Test("A session that began while the clock was ahead ends when the password is changed")
    func clockAhead() async throws {
        let jan = try #require(Username("jan"))
        let before = try TestAccounts.all()
        var after = before
        after[jan]?.change(
            try PasswordHash(of: "another one", strength: .init(n: 16, r: 1, p: 1)),
            now: ServerFixture.now
        )
        try await withFixture([]) { fixture in
            let ahead = ServerFixture.now.addingTimeInterval(7_200)
            let token = try await fixture.application(now: ahead, accounts: AccountDirectory(before)).test(.router) {
                try await APIClient(client: $0).signIn("jan", TestAccounts.password).sessionToken
            }
            let status = try await fixture.application(accounts: AccountDirectory(after)).test(.router) { client in
                try await APIClient(client: client).get("me", token: token).status
            }
            #expect(status == 401)
        }
    }
}
