import ArgumentParser
import Foundation
import SalesRules
import Server

/// Prints a link that signs a person in, in the form that a CRM creates.
struct AccountLinkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "link",
        abstract: "Prints a link that signs a person in and is valid for a few minutes.",
        discussion: """
            A CRM creates such a link for the person who is signed in to it. The token is a JWT, signed with the shared \
            secret (HS256), with sub, role, exp at most \(Int(TokenSigner.linkSeconds)) seconds away, aud \
            "salestargets-link", and optionally tenant and name. The page exchanges it for a session of twelve hours. \
            This command prints an example:

              salestargets account link u-17 --role salesperson --base-url https://targets.example.com --widget

            To show the page in a frame of the CRM, give `serve` the CRM's origin with --frame-ancestors.
            """
    )

    @OptionGroup var options: AccountCommand.Options

    @Argument(help: "The id of the person in the events.")
    var person: Identifier

    @Option(help: "The role of the person: manager, salesperson or ingest.")
    var role: Role

    @Option(help: ArgumentHelp("The tenant of the person (default: the setting default-tenant).", valueName: "id"))
    var tenant: Identifier?

    @Option(help: "The name to show until an event gives the person a name (default: none).")
    var name = ""

    @Option(
        help: ArgumentHelp(
            "The address of the server for browsers, for example https://targets.example.com.",
            valueName: "url"
        )
    )
    var baseURL: String

    @Option(
        help: ArgumentHelp(
            "The file with the secret of `serve`. SALESTARGETS_AUTH_SECRET holds the secret itself and is used first.",
            valueName: "file"
        )
    )
    var authSecretFile: String?

    @Option(
        help: ArgumentHelp(
            "How many seconds the link is valid, 1 to \(Int(TokenSigner.linkSeconds)).",
            valueName: "seconds"
        )
    )
    var seconds = 240

    @Flag(help: "Link to the widget instead of the whole page.")
    var widget = false

    func validate() throws {
        try AccountCommand.check(person)
        guard (1...Int(TokenSigner.linkSeconds)).contains(seconds) else {
            throw ValidationError("--seconds takes 1 to \(Int(TokenSigner.linkSeconds)).")
        }
        guard let url = URLComponents(string: baseURL), ["http", "https"].contains(url.scheme), url.host != nil,
            url.query == nil, url.fragment == nil
        else {
            throw ValidationError(
                "--base-url takes an http or https address without a query, for example https://targets.example.com."
            )
        }
    }

    func run() async throws {
        let settings = try Settings(
            flags: ["auth-secret-file": authSecretFile].compactMapValues(\.self),
            kafka: [],
            configFile: options.config
        )
        guard let secret = try settings.secret else {
            throw SettingsError(
                description: "the link needs the secret of `serve`: give --auth-secret-file or "
                    + "SALESTARGETS_AUTH_SECRET"
            )
        }
        let viewer = Viewer(id: person, tenant: try tenant ?? settings.defaultTenant, role: role, name: name)
        let token = try await TokenSigner(secret: secret).link(for: viewer, expiresIn: .seconds(seconds))
        let base = baseURL.hasSuffix("/") ? String(baseURL.dropLast()) : baseURL
        Terminal.line("\(base)/\(widget ? "widget" : "")#link=\(token)")
    }
}
