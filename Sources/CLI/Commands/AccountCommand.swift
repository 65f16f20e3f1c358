public import ArgumentParser
import Foundation
public import SalesRules
import Server

/// Maintains the file of accounts: the people who sign in with a username and a password.
struct AccountCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "account",
        abstract: "Adds, lists and removes accounts, and sets their passwords.",
        discussion: """
            Accounts are in the file that --accounts-file or SALESTARGETS_ACCOUNTS_FILE names. Give the same file to \
            `serve`. It reads a change within a second and needs no restart. Only scrypt hashes of passwords are stored.

            To add a first manager, and a salesperson whose id in the CRM's events is u-17:

              export SALESTARGETS_ACCOUNTS_FILE=/var/lib/salestargets/accounts.json
              salestargets account add marit --person u-2 --role manager --name "Marit Manager"
              salestargets account add jan@example.com --person u-17 --role salesperson

            People who sign in elsewhere need no account here: give `serve` the keys of an identity provider \
            (--auth-jwks), or let the CRM sign people in with a link (see `account link`).
            """,
        subcommands: [Add.self, List.self, Remove.self, Passwd.self, AccountLinkCommand.self]
    )

    /// The options that every `account` command has.
    struct Options: ParsableArguments {
        @Option(help: ArgumentHelp(Settings.configHelp, valueName: "file"))
        var config: String?

        @Option(
            help: ArgumentHelp(
                "The file of accounts; `account add` creates it (default: SALESTARGETS_ACCOUNTS_FILE).",
                valueName: "file"
            )
        )
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
                    description: "no file of accounts is given: use --accounts-file or SALESTARGETS_ACCOUNTS_FILE"
                )
            }
            return AccountsFile(path: path)
        }
    }

    /// - Throws: where the id stands for everyone.
    static func check(_ person: Identifier) throws(ValidationError) {
        if !person.isPerson {
            throw ValidationError("`\(person)` stands for everyone and is nobody's id: give the id of one person.")
        }
    }

    /// Why a command changed nothing.
    struct Refusal: Error, CustomStringConvertible {
        let description: String

        static func unknown(_ username: Username) -> Refusal {
            Refusal(description: "there is no account \(username); `salestargets account list` lists the accounts")
        }
    }

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Adds an account.",
            discussion: "Asks for the password twice and does not show it."
        )

        @OptionGroup var options: Options
        @OptionGroup var password: PasswordOptions

        @Argument(help: "The name to sign in with, for example an e-mail address; upper and lower case are the same.")
        var username: Username

        @Option(
            help: ArgumentHelp(
                "The id of the person in the events, which is the CRM's id of the user.",
                valueName: "id"
            )
        )
        var person: Identifier

        @Option(
            help: """
                manager sees and changes everything, salesperson sees their own results, ingest may only send events.
                """
        )
        var role: Role

        @Option(help: ArgumentHelp("The tenant of the person (default: the setting default-tenant).", valueName: "id"))
        var tenant: Identifier?

        @Option(help: "The name to show until an event gives the person a name (default: none).")
        var name = ""

        func validate() throws { try AccountCommand.check(person) }

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
                description:
                    "the account \(username) already exists; use `account passwd` to set its password, or `account remove`"
            )
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the accounts.")

        @OptionGroup var options: Options

        @Flag(help: "Print JSON instead of text.")
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
            abstract: "Removes an account and ends its sessions."
        )

        @OptionGroup var options: Options

        @Argument(help: "The username of the account.")
        var username: Username

        func run() throws {
            try options.file().update { accounts in
                guard accounts[username] != nil else { throw Refusal.unknown(username) }
                accounts[username] = nil
            }
            Terminal.line("\(username) was removed")
        }
    }

    struct Passwd: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sets the password of an account and ends its sessions.",
            discussion: "Asks for the password twice and does not show it."
        )

        @OptionGroup var options: Options
        @OptionGroup var password: PasswordOptions

        @Argument(help: "The username of the account.")
        var username: Username

        func run() async throws {
            let file = try options.file()
            guard try file.accounts()[username] != nil else { throw Refusal.unknown(username) }
            let hash = try await password.hash()
            try file.update { accounts in
                guard accounts[username] != nil else { throw Refusal.unknown(username) }
                accounts[username]?.change(hash)
            }
            Terminal.line("\(username) has a new password and must sign in again")
        }
    }
}

extension Username: ExpressibleByArgument {
    /// A username from the command line; nil if it is not valid.
    package init?(argument: String) { self.init(argument) }
}

extension Identifier: ExpressibleByArgument {
    /// An id from the command line; nil if it is not valid.
    public init?(argument: String) { self.init(argument) }
}

extension Role: ExpressibleByArgument {}
