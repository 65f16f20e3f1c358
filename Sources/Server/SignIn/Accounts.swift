package import Foundation
internal import Log
package import Logging

/// The accounts in the accounts file at one moment.
package struct Accounts: Sendable, Codable {
    private var byUsername: [Username: Account] = [:]

    /// Of several accounts with the same username, the last one counts.
    package init(_ accounts: [Account] = []) {
        for account in accounts { byUsername[account.username] = account }
    }

    /// Reads the accounts file's JSON.
    /// - Throws: ``FileError``, which names the member that is not valid and never quotes a hash.
    package init(json: [UInt8]) throws {
        do {
            self = try JSONDecoder().decode(Accounts.self, from: Data(json))
        } catch let error as DecodingError {
            throw FileError(description: "not an accounts file: \(Self.reason(error))")
        }
    }

    /// All accounts, sorted by username.
    package var all: [Account] { byUsername.values.sorted { $0.username < $1.username } }

    /// The account with this username. Set it to add or replace the account, or to nil to remove it.
    package subscript(username: Username) -> Account? {
        get { byUsername[username] }
        set { byUsername[username] = newValue }
    }

    /// The account with this username, compared without case.
    subscript(username: String) -> Account? { Username(username).flatMap { byUsername[$0] } }

    /// A hash that no password matches, for usernames without an account: the check takes as long as with one.
    var decoy: PasswordHash {
        PasswordHash.unmatched(byUsername.values.map(\.password.strength).max { $0.work < $1.work } ?? .recommended)
    }

    /// The accounts file's JSON.
    package var json: Data {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            return try encoder.encode(self) + Data("\n".utf8)
        }
    }

    private enum CodingKeys: CodingKey { case accounts }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let accounts = try container.decode([Account].self, forKey: .accounts)
        self.init(accounts)
        guard byUsername.count == accounts.count else {
            throw DecodingError.dataCorruptedError(
                forKey: .accounts,
                in: container,
                debugDescription: "two accounts have the same username"
            )
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(all, forKey: .accounts)
    }

    private static func reason(_ error: DecodingError) -> String {
        let (path, reason): ([any CodingKey], String) =
            switch error {
            case .keyNotFound(let key, let context): (context.codingPath + [key], "is missing")
            case .typeMismatch(_, let context): (context.codingPath, "has the wrong type")
            case .valueNotFound(_, let context): (context.codingPath, "is null")
            case .dataCorrupted(let context): (context.codingPath, context.debugDescription)
            @unknown default: ([], "cannot be read")
            }
        let member = path.reduce("") { text, key in
            text + (key.intValue.map { "[\($0)]" } ?? (text.isEmpty ? "" : ".") + key.stringValue)
        }
        return member.isEmpty ? "the file is not a JSON object" : "\(member): \(reason)"
    }
}

/// Provides the current accounts while the server runs.
package struct AccountDirectory: Sendable {
    /// The accounts at this moment.
    let current: @Sendable () async -> Accounts

    /// A directory without accounts.
    package static let empty = AccountDirectory(Accounts())

    /// A directory that always has these accounts.
    package init(_ accounts: Accounts) { current = { accounts } }

    /// The accounts of a file, at most one second old; no accounts until the file exists.
    /// - Throws: ``FileError``.
    package init(file path: String, logger: Logger) async throws {
        try await self.init(file: path, checkInterval: .seconds(1), logger: logger)
    }

    init(file path: String, checkInterval: Duration, logger: Logger) async throws {
        let file = try await ReloadingFile(
            path: path,
            absent: Accounts(),
            checkInterval: checkInterval,
            logger: logger
        ) { bytes, _ in try Accounts(json: bytes) }
        current = { await file.current() }
    }
}
