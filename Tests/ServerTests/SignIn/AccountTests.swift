import Foundation
import HTTPTypes
import HummingbirdTesting
import Logging
import SalesRules
import Testing

@testable import Server

@Suite("The accounts file and its passwords", .timeLimit(.minutes(1)))
struct AccountTests {
    /// Runs `body` with a temporary folder.
    private func withFolder(_ body: (String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "accounts-\(UInt64.random(in: 0...(.max)))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await body(folder.path)
    }

    private let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    @Test("The file has a hash, a salt and parameters for each password, and only its owner can read it")
    func file() async throws {
        try await withFolder { folder in
            let path = folder + "/accounts.json"
            try AccountsFile(path: path).update { $0 = try TestAccounts.all() }
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["accounts.json"])
            let text = try String(contentsOfFile: path, encoding: .utf8)
            #expect(!text.contains(TestAccounts.password))
            let json = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: [[String: Any]]]
            let hashes = try #require(json?["accounts"]?.compactMap { $0["password"] as? [String: Any] })
            #expect(hashes.count == 2)
            #expect(Set(hashes.compactMap { $0["salt"] as? String }).count == 2)
            #expect(Set(hashes.compactMap { $0["hash"] as? String }).count == 2)
            for hash in hashes { #expect(hash["n"] as? Int == 16 && hash["r"] as? Int == 1 && hash["p"] as? Int == 1) }
            let again = try AccountsFile(path: path).accounts()
            #expect(again.all == (try TestAccounts.all()).all.map { again[$0.username] ?? $0 })
        }
    }

    @Test("A change that fails, or that runs during another change, leaves the file as it was")
    func failedChange() async throws {
        try await withFolder { folder in
            let file = AccountsFile(path: folder + "/accounts.json")
            try file.update { $0 = try TestAccounts.all() }
            let before = try Data(contentsOf: URL(filePath: folder + "/accounts.json"))
            try file.update { accounts in
                #expect(throws: FileError.self) { try file.update { $0 = Accounts() } }
                accounts = accounts
            }
            #expect(throws: CancellationError.self) {
                try file.update { accounts in
                    accounts = Accounts()
                    throw CancellationError()
                }
            }
            #expect(try Data(contentsOf: URL(filePath: folder + "/accounts.json")) == before)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["accounts.json"])
        }
    }

    @Test("An account of `all`, which stands for everyone, is refused with the reason")
    func everyone() throws {
        let text = String(
            decoding: try JSONEncoder().encode(try TestAccounts.account("x", person: "u-17", .manager)),
            as: UTF8.self
        )
        #expect(throws: Never.self) { try JSONDecoder().decode(Account.self, from: Data(text.utf8)) }
        let everyone = Data(text.replacing(#""u-17""#, with: #""all""#).utf8)
        #expect { try JSONDecoder().decode(Account.self, from: everyone) } throws: {
            "\($0)".contains("`all` is nobody's")
        }
    }

    @Test("A password matches only itself, in any Unicode composition of its characters")
    func passwords() throws {
        let weak = PasswordHash.Strength(n: 16, r: 1, p: 1)
        let hash = try PasswordHash(of: "caf\u{e9} au lait", strength: weak)
        #expect(hash.matches("caf\u{e9} au lait"))
        #expect(hash.matches("cafe\u{301} au lait"))
        for wrong in ["cafe au lait", "caf\u{e9} au lait ", "", "CAF\u{c9} AU LAIT"] { #expect(!hash.matches(wrong)) }
        #expect(!PasswordHash.unmatched(weak).matches(""))
    }

    @Test("A test vector of RFC 7914 matches")
    func vector() throws {
        let json = """
            {"algorithm":"scrypt","n":1024,"r":8,"p":16,"salt":"TmFDbA==",
            "hash":"/bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y0s3MWI="}
            """
        let hash = try JSONDecoder().decode(PasswordHash.self, from: Data(json.utf8))
        #expect(hash.matches("password"))
        #expect(!hash.matches("Password"))
    }

    @Test("New passwords are hashed with the parameters that OWASP recommends")
    func strength() throws {
        let strength = PasswordHash.Strength.recommended
        #expect(strength.isUsable)
        #expect((strength.n, strength.r, strength.p) == (32_768, 8, 3))
        let hash = try PasswordHash(of: TestAccounts.password)
        #expect(hash.strength == strength)
        #expect(hash.matches(TestAccounts.password))
    }

    @Test("The hash for unknown usernames costs as much as that of the accounts")
    func decoy() throws {
        #expect(Accounts().decoy.strength == .recommended)
        #expect(try TestAccounts.all().decoy.strength == PasswordHash.Strength(n: 16, r: 1, p: 1))
    }

    @Test(
        "A file without valid accounts is refused, and the error names the member",
        arguments: [
            ("", ""), ("[]", ""), ("{}", "accounts"), (#"{"accounts":[{"username":"a b"}]}"#, "accounts[0].username"),
            (#"{"accounts":[1]}"#, "accounts[0]"),
        ]
    )
    func hostileFile(text: String, member: String) throws {
        let error = try #require(throws: FileError.self) { try Accounts(json: Array(text.utf8)) }
        #expect(error.description.hasPrefix("not an accounts file: \(member)"))
    }

    @Test("Too expensive parameters, a duplicate username and invalid members are refused")
    func hostileMembers() throws {
        let good = try #require(String(data: try TestAccounts.all().json, encoding: .utf8))
        #expect(try Accounts(json: Array(good.utf8)).all.count == 2)
        for (from, to) in [
            (#""n" : 16"#, #""n" : 15"#), (#""n" : 16"#, #""n" : 1099511627776"#), (#""r" : 1"#, #""r" : 0"#),
            (#""p" : 1"#, #""p" : 1000"#), (#""n" : 16"#, #""n" : -16"#), ("\"jan\"", "\"MARIT\""),
            ("\"manager\"", "\"boss\""), ("\"scrypt\"", "\"md5\""), ("\"acme\"", "\"a/b\""),
            (#""salt" : ""#, #""salt" : "=""#),
        ] {
            try #require(good.contains(from))
            #expect(throws: FileError.self, "\(from) \(to)") {
                try Accounts(json: Array(good.replacing(from, with: to).utf8))
            }
        }
    }

    @Test("A changed file is used at once; a broken file is logged once, and the last accounts stay valid")
    func reloading() async throws {
        try await withFolder { folder in
            let path = folder + "/accounts.json"
            let file = AccountsFile(path: path)
            try file.update { $0 = try TestAccounts.all() }
            let log = RecordedLog()
            let directory = try await AccountDirectory(file: path, checkInterval: .zero, logger: log.logger)
            #expect(await directory.current()["jan"] != nil)
            try file.update { $0[try #require(Username("jan"))] = nil }
            #expect(await directory.current()["jan"] == nil)
            #expect(await directory.current()["marit"] != nil)
            try Data("{".utf8).write(to: URL(filePath: path))
            for _ in 0..<3 { #expect(await directory.current()["marit"] != nil) }
            try FileManager.default.removeItem(atPath: path)
            for _ in 0..<3 { #expect(await directory.current()["marit"] != nil) }
            #expect(log.text.split(separator: "\n").count { $0.hasPrefix("error") } == 2)
            try file.update { $0 = try TestAccounts.all() }
            #expect(await directory.current()["jan"] != nil)
            try Data("{".utf8).write(to: URL(filePath: path))
            await #expect(throws: FileError.self) { try await AccountDirectory(file: path, logger: quiet) }
        }
    }

    @Test("A server that starts without an accounts file uses the file when it is created")
    func firstAccount() async throws {
        try await withFolder { folder in
            let path = folder + "/accounts.json"
            let directory = try await AccountDirectory(file: path, checkInterval: .zero, logger: quiet)
            #expect(await directory.current().all.isEmpty)
            try AccountsFile(path: path).update { $0 = try TestAccounts.all() }
            #expect(await directory.current().all.count == 2)
        }
    }

    @Test("A session ends when its account is removed, or gets another password, person or role")
    func endOfSessions() async throws {
        let jan = try #require(Username("jan"))
        let soon = ServerFixture.now.addingTimeInterval(0.2)
        let before = try TestAccounts.all()
        var changes: [Accounts] = []
        for change: (inout Accounts) throws -> Void in [
            { $0[jan] = nil },
            { $0[jan]?.change(try PasswordHash(of: "another one", strength: .init(n: 16, r: 1, p: 1)), now: soon) },
            { $0[jan] = try TestAccounts.account("jan", person: "u-17", .manager) },
            { $0[jan] = try TestAccounts.account("jan", person: "u-18", .salesperson) },
            { $0[jan] = try TestAccounts.account("jan", person: "u-17", .salesperson, now: soon) },
        ] {
            var accounts = before
            try change(&accounts)
            changes.append(accounts)
        }
        try await withFixture([]) { fixture in
            let (token, other) = try await fixture.application(accounts: AccountDirectory(before)).test(.router) {
                let server = APIClient(client: $0)
                let token = try await server.signIn("jan", TestAccounts.password).sessionToken
                return (token, try await server.signIn("marit", TestAccounts.password).sessionToken)
            }
            for (index, accounts) in ([before] + changes).enumerated() {
                let application = try await fixture.application(accounts: AccountDirectory(accounts))
                let statuses = try await application.test(.router) { client in
                    let server = APIClient(client: client)
                    let own = try await server.get("me", token: token).status
                    return [own, try await server.send("me", headers: [.cookie: "salestargets=\(other)"]).status]
                }
                #expect(statuses == [index == 0 ? 200 : 401, 200], "\(index)")
            }
        }
    }

    @Test("After a password change, a new session in the same second is valid")
    func sameSecond() async throws {
        var accounts = try TestAccounts.all()
        let jan = try #require(Username("jan"))
        let changed = ServerFixture.now.addingTimeInterval(0.2)
        accounts[jan]?.change(try PasswordHash(of: "another one", strength: .init(n: 16, r: 1, p: 1)), now: changed)
        let directory = AccountDirectory(accounts)
        try await withFixture([]) { fixture in
            let later = changed.addingTimeInterval(0.2)
            try await fixture.application(now: later, accounts: directory).test(.router) { client in
                let server = APIClient(client: client)
                #expect(try await server.signIn("jan", TestAccounts.password).status == 401)
                let token = try await server.signIn("jan", "another one").sessionToken
                #expect(try await server.get("me", token: token).status == 200)
            }
        }
    }
}
