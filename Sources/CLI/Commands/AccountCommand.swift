public import ArgumentParser
import Foundation
public import SalesRules
import Server

/// Accounts: who signs in with a username and a password.
struct AccountCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "account",
        abstract: "Keeps the accounts that people sign in with on the page.",
        discussion: """
            Accounts are in the file that --accounts-file (SALESTARGETS_ACCOUNTS_FILE) names, for `serve` too, which \
            sees a change within a second: no restart. Passwords are kept as scrypt hashes only.

            A first manager, and a salesperson whose id in the CRM's events is u-17:

              export SALESTARGETS_ACCOUNTS_FILE=/var/lib/salestargets/accounts.json
              salestargets account add marit --person u-2 --role manager --name "Marit Manager"
              salestargets account add jan@example.com --person u-17 --role salesperson

            Where people have accounts elsewhere, none are needed here: give `serve` an identity provider's keys \
            (--auth-jwks), or let the CRM sign people in by a link (account link).
            """,
        subcommands: [Add.self, List.self, Remove.self, Passwd.self, AccountLinkCommand.self]
    )

    /// Where the accounts are.
    struct Options: ParsableArguments {
        @Option(help: ArgumentHelp("A JSON file of settings, by the same words.", valueName: "file"))
        var config: String?

        @Option(help: ArgumentHelp("The accounts' file; made when it is not there.", valueName: "file"))
        var accountsFile: String?

        func settings() throws -> Settings {
            try Settings(
                flags: ["accounts-file": accountsFile].compactMapValues(\.self),
                kafka: [],
                configFile: config
            )
        }

        func file() throws -> AccountsFile {
            let path = try settings().text("accounts-file")
            guard !path.isEmpty else {
                throw SettingsError(
                    description: "where are the accounts? Give --accounts-file or SALESTARGETS_ACCOUNTS_FILE"
                )
            }
            return AccountsFile(path: path)
        }
    }

    /// What there is to say about a username that has no account, or has one already.
    struct Refusal: Error, CustomStringConvertible {
        let description: String

        static func unknown(_ username: Username) -> Refusal {
            Refusal(description: "there is no account \(username); salestargets account list shows those there are")
        }
    }

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Adds an account.",
            discussion: "Asks for the password, twice, without showing it."
        )

        @OptionGroup var options: Options
        @OptionGroup var password: PasswordOptions

        @Argument(help: "What they type to sign in, in any case, such as an e-mail address.")
        var username: Username

        @Option(help: ArgumentHelp("Their id in the events: the CRM's id of the user.", valueName: "id"))
        var person: Identifier

        @Option(help: "manager sees and changes everything, salesperson sees their own, ingest only sends orders.")
        var role: Role

        @Option(help: ArgumentHelp("The organisation (default: the setting default-tenant).", valueName: "id"))
        var tenant: Identifier?

        @Option(help: "Their name, shown until the events tell one.")
        var name = ""

        func run() async throws {
            let file = try options.file()
            let tenant = try tenant ?? options.settings().defaultTenant
            guard try file.accounts()[username] == nil else { throw taken }
            let hash = try await password.hash()
            try file.update { accounts in
                guard accounts[username] == nil else { throw taken }
                accounts[username] = Account(
                    username: username,
                    person: person,
                    role: role,
                    tenant: tenant,
                    name: name,
                    password: hash
                )
            }
            Terminal.line("\(username) may sign in as \(tenant)/\(person), \(role.rawValue)")
        }

        private var taken: Refusal {
            Refusal(
                description: "there is an account \(username) already; passwd sets its password, and remove removes it"
            )
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the accounts.")

        @OptionGroup var options: Options

        @Flag(help: "Print JSON.")
        var json = false

        private struct Row: Encodable {
            let username: String
            let person: String
            let role: String
            let tenant: String
            let name: String
        }

        func run() throws {
            let rows = try options.file().accounts().all.map { account in
                Row(
                    username: account.username.rawValue,
                    person: account.person.rawValue,
                    role: account.role.rawValue,
                    tenant: account.tenant.rawValue,
                    name: account.name
                )
            }
            if json {
                let encoder = JSONEncoder()
                encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
                Terminal.line(String(decoding: try encoder.encode(rows), as: UTF8.self))
            } else {
                for row in rows {
                    let role = row.role.padding(toLength: 12, withPad: " ", startingAt: 0)
                    Terminal.line("\(role) \(row.username)  \(row.tenant)/\(row.person)  \(row.name)")
                }
            }
        }
    }

    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Removes an account, and with it all its sessions."
        )

        @OptionGroup var options: Options

        @Argument(help: "The account's username.")
        var username: Username

        func run() throws {
            try options.file().update { accounts in
                guard accounts[username] != nil else { throw Refusal.unknown(username) }
                accounts[username] = nil
            }
            Terminal.line("\(username) is removed")
        }
    }

    struct Passwd: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sets an account's password, which ends its sessions.",
            discussion: "Asks for the password, twice, without showing it."
        )

        @OptionGroup var options: Options
        @OptionGroup var password: PasswordOptions

        @Argument(help: "The account's username.")
        var username: Username

        func run() async throws {
            let file = try options.file()
            guard try file.accounts()[username] != nil else { throw Refusal.unknown(username) }
            let hash = try await password.hash()
            try file.update { accounts in
                guard accounts[username] != nil else { throw Refusal.unknown(username) }
                accounts[username]?.change(hash)
            }
            Terminal.line("\(username) has a new password, and has to sign in again")
        }
    }
}

extension Username: ExpressibleByArgument {
    /// What stands on the command line; nil when it cannot be a username.
    package init?(argument: String) { self.init(argument) }
}

extension Identifier: ExpressibleByArgument {
    /// What stands on the command line; nil when it is not an id.
    public init?(argument: String) { self.init(argument) }
}

extension Role: ExpressibleByArgument {}
