import ArgumentParser
import Foundation
import Hummingbird
import Kafka
import Ledger
import Logging
import Redis
import SalesTargets
import Server
import ServiceLifecycle

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serves targets, charts and drill-downs over HTTP, from Redis.",
        discussion: """
            Who may see what is in the bearer token: a JWT with sub, role (manager, salesperson or ingest), exp, and \
            optionally tenant and name, signed with the shared secret (HS256) or a key of the JWKS.
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var rules: RulesOptions

    @Option(help: ArgumentHelp("The address to listen on (default: 127.0.0.1).", valueName: "host"))
    var httpHost: String?

    @Option(help: ArgumentHelp("The port to listen on (default: 8080).", valueName: "port"))
    var httpPort: Int?

    @Option(
        help: ArgumentHelp(
            "A file with the secret that tokens are signed with; SALESTARGETS_AUTH_SECRET has the secret itself.",
            valueName: "file"
        )
    )
    var authSecretFile: String?

    @Option(help: ArgumentHelp("A JWKS file, for tokens that an identity provider signs.", valueName: "file"))
    var authJwks: String?

    func run() async throws {
        let settings = try common.settings(
            rules.words.merging([
                "http-host": httpHost, "http-port": httpPort.map(String.init), "auth-secret-file": authSecretFile,
                "auth-jwks": authJwks,
            ]) { $1 }
        )
        let logger = common.logger("server")
        OpenFiles.raiseLimit()
        let secret = try Self.secret(settings)
        let jwks = try Self.jwks(settings)
        guard secret != nil || jwks != nil else {
            throw SettingsError(
                description: "there is nothing to check tokens with: give --auth-secret-file, SALESTARGETS_AUTH_SECRET "
                    + "or --auth-jwks"
            )
        }
        let client = RedisClient(try settings.redis)
        let reader = LedgerReader(link: client, settings: try settings.ledger)
        let verifier = try await TokenVerifier(secret: secret, jwks: jwks)
        let application = try Serving.application(
            ServerSettings(
                httpHost: settings.text("http-host"),
                httpPort: try settings.number("http-port", in: 0...65_535),
                defaultTenant: try settings.defaultTenant,
                timeZone: TimeZone(identifier: try settings.timeZone) ?? .gmt,
                version: SalesTargetsCommand.configuration.version
            ),
            verifier: verifier,
            reader: reader,
            client: client,
            kafka: settings.kafka,
            logger: logger
        ) { port in
            logger.info("serving", metadata: ["address": "http://\(settings.text("http-host")):\(port)"])
        }
        let group = ServiceGroup(configuration: Serving.services([application], logger: logger))
        try await UntilSignal.run {
            try await group.run()
        } onSignal: {
            logger.info("stopping")
            await group.triggerGracefulShutdown()
        }
        await client.shutdown()
    }

    /// At least 32 bytes, so that it cannot be guessed from a token (RFC 7518, section 3.2).
    private static func secret(_ settings: Settings) throws -> [UInt8]? {
        let bytes: [UInt8]
        if let text = ProcessInfo.processInfo.environment["SALESTARGETS_AUTH_SECRET"] {
            bytes = Array(text.utf8)
        } else if case let path = settings.text("auth-secret-file"), !path.isEmpty {
            guard let data = FileManager.default.contents(atPath: path) else {
                throw SettingsError(description: "--auth-secret-file: \(path) cannot be read")
            }
            bytes = Array(data)
        } else {
            return nil
        }
        let secret = bytes.reversed().drop { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }.reversed()
        guard secret.count >= 32 else {
            throw SettingsError(description: "the secret for tokens has \(secret.count) bytes, and needs 32 or more")
        }
        return Array(secret)
    }

    private static func jwks(_ settings: Settings) throws -> String? {
        let path = settings.text("auth-jwks")
        if path.isEmpty { return nil }
        guard !path.hasPrefix("http://"), !path.hasPrefix("https://") else {
            throw SettingsError(description: "--auth-jwks: a URL is not supported yet; save it to a file and give that")
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw SettingsError(description: "--auth-jwks: \(path) cannot be read")
        }
        return String(decoding: data, as: UTF8.self)
    }
}
