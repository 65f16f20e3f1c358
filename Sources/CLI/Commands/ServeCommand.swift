import ArgumentParser
import Events
import Foundation
import Hummingbird
import Kafka
import Ledger
import Logging
import Redis
import SalesRules
import Server
import ServiceLifecycle

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serves targets, charts and drill-downs over HTTP, from Redis.",
        discussion: """
            The server needs a secret (--auth-secret-file or SALESTARGETS_AUTH_SECRET), or the keys of an identity \
            provider (--auth-jwks), or both.

            People sign in on the page with an account (see `salestargets account`), by a link from the CRM, or with a \
            token of an identity provider. Programs send a bearer token: a JWT with sub, role (manager, salesperson or \
            ingest), exp, and optionally tenant and name, signed with the shared secret (HS256) or a key of the JWKS.
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var rules: RulesOptions

    @Option(
        help: ArgumentHelp(
            "The address to listen on (default: \(Settings.defaultText("http-host"))).",
            valueName: "host"
        )
    )
    var httpHost: String?

    @Option(
        help: ArgumentHelp(
            "The port to listen on; 0 is any free port (default: \(Settings.defaultText("http-port"))).",
            valueName: "port"
        )
    )
    var httpPort: Int?

    @OptionGroup(title: "Sign-in") var signIn: SignInOptions
    @OptionGroup(title: "Browsers") var web: WebOptions

    func run() async throws {
        let settings = try common.settings(
            rules.words.merging(["http-host": httpHost, "http-port": httpPort.map(String.init)]) { $1 }
                .merging(signIn.words.merging(web.words) { $1 }) { $1 }
        )
        let logger = common.logger("server")
        OpenFiles.raiseLimit()
        let signIn = try await settings.signIn(logger: logger)
        let client = ServerAssembly.client(try settings.redis)
        let ledger = try settings.ledger
        try await ServerAssembly.refuseLastingFaults(client, ledger)
        let producer = EventProducer(settings.log, topics: settings.topics, currency: ledger.rules.currency)
        let application = try ServerAssembly.application(
            ServerSettings(
                httpHost: settings.text("http-host"),
                httpPort: try settings.number("http-port", in: 0...65_535),
                defaultTenant: try settings.defaultTenant,
                timeZone: TimeZone(identifier: try settings.timeZone) ?? .gmt,
                web: try settings.web,
                version: SalesTargetsCommand.configuration.version
            ),
            verifier: signIn.verifier,
            ledger: ledger,
            events: try settings.events,
            client: client,
            log: settings.log,
            producer: producer,
            topics: settings.topics,
            logger: logger
        ) { port in
            logger.info("serving", metadata: ["address": "http://\(settings.text("http-host")):\(port)"])
        }
        let group = ServiceGroup(
            configuration: ServerAssembly.services([application] + signIn.services, logger: logger)
        )
        let operations = try settings.operations
        try await UntilSignal.run {
            async let _ = PartitionerCheck.run(operations, logger: logger)
            try await group.run()
        } onSignal: {
            logger.info("stopping")
            await group.triggerGracefulShutdown()
        }
        await producer.close()
        await client.shutdown()
    }
}
