import ArgumentParser
import Foundation
import SalesRules
import Server

/// A link that signs somebody in, as a CRM makes them.
struct AccountLinkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "link",
        abstract: "Prints a link that signs a person in, good for a few minutes.",
        discussion: """
            A CRM that shows the page makes such links itself, for whoever is signed in there: the token is a JWT (HS256 \
            with the shared secret) with sub, role, exp at most five minutes away, aud "salestargets-link", and \
            optionally tenant and name. It is exchanged for a session of twelve hours. This command shows how one looks:

              salestargets account link u-17 --role salesperson --base-url https://targets.example.com --widget

            To be shown in the CRM's page, `serve` has to know the CRM's origin: --frame-ancestors.
            """
    )

    @OptionGroup var options: AccountCommand.Options

    @Argument(help: "The person's id in the events.")
    var person: Identifier

    @Option(help: "manager, salesperson or ingest.")
    var role: Role

    @Option(help: ArgumentHelp("The organisation (default: the setting default-tenant).", valueName: "id"))
    var tenant: Identifier?

    @Option(help: "Their name, shown until the events tell one.")
    var name = ""

    @Option(help: ArgumentHelp("Where browsers find the server.", valueName: "url"))
    var baseURL: String

    @Option(
        help: ArgumentHelp(
            "A file with the secret of `serve`; SALESTARGETS_AUTH_SECRET has it itself.",
            valueName: "file"
        )
    )
    var authSecretFile: String?

    @Option(help: ArgumentHelp("How long it is good, up to 300.", valueName: "seconds"))
    var seconds = 240

    @Flag(help: "To the widget instead of the full view.")
    var widget = false

    func validate() throws {
        guard (1...Int(TokenSigner.linkSeconds)).contains(seconds) else {
            throw ValidationError("--seconds takes 1 to \(Int(TokenSigner.linkSeconds)).")
        }
        guard let url = URLComponents(string: baseURL), ["http", "https"].contains(url.scheme), url.host != nil,
            url.query == nil, url.fragment == nil
        else { throw ValidationError("--base-url takes an address, as in https://targets.example.com.") }
    }

    func run() async throws {
        let settings = try Settings(
            flags: ["auth-secret-file": authSecretFile].compactMapValues(\.self),
            kafka: [],
            configFile: options.config
        )
        guard let secret = try settings.secret else {
            throw SettingsError(
                description: "a link is signed with the secret of `serve`: give --auth-secret-file or "
                    + "SALESTARGETS_AUTH_SECRET"
            )
        }
        let viewer = Viewer(id: person, tenant: try tenant ?? settings.defaultTenant, role: role, name: name)
        let token = try await TokenSigner(secret: secret).link(for: viewer, expiresIn: .seconds(seconds))
        let base = baseURL.hasSuffix("/") ? String(baseURL.dropLast()) : baseURL
        Terminal.line("\(base)/\(widget ? "widget" : "")#link=\(token)")
    }
}
