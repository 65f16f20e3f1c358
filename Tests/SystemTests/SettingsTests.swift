import Events
import Foundation
import Ledger
import LocalServers
import Redis
import SalesRules
import TestSupport
import Testing

@Suite("Settings from flags, the environment and a file", .timeLimit(.minutes(2)))
struct SettingsTests {
    /// Runs the program on its own and returns its exit code, standard output and standard error.
    private func run(_ arguments: [String], _ environment: [String: String]) throws -> (
        code: Int32, out: String, error: String
    ) {
        let process = Process()
        process.executableURL = System.program
        process.arguments = arguments
        process.environment = environment
        let (out, error) = (Pipe(), Pipe())
        process.standardOutput = out
        process.standardError = error
        try process.run()
        let texts = [out, error].map { String(decoding: $0.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self) }
        process.waitUntilExit()
        return (process.terminationStatus, texts[0], texts[1])
    }

    private func withFile(_ text: String, _ body: (String) throws -> Void) throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "settings-\(UUID().uuidString)")
        try Data(text.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        try body(file.path)
    }

    private static let link = [
        "account", "link", "u-17", "--role", "salesperson", "--base-url", "https://t.example.com",
    ]
    private static let short = "too short"
    private static let secret = String(repeating: "s", count: 32)

    @Test("A flag beats the environment, also where the two hold the secret in different ways")
    func secrets() throws {
        try withFile(Self.secret) { (file: String) throws in
            let variable = ["SALESTARGETS_AUTH_SECRET": Self.short]
            #expect(try run(Self.link + ["--auth-secret-file", file], variable).code == 0)
            var both = variable
            both["SALESTARGETS_AUTH_SECRET_FILE"] = file
            #expect(try run(Self.link, both).code == 2)
            #expect(try run(Self.link, ["SALESTARGETS_AUTH_SECRET_FILE": file]).code == 0)
        }
    }

    @Test("An empty variable counts as unset")
    func empty() throws {
        try withFile(Self.secret) { (file: String) throws in
            let environment = [
                "SALESTARGETS_AUTH_SECRET": "", "SALESTARGETS_AUTH_SECRET_FILE": file, "SALESTARGETS_CONFIG": "",
                "SALESTARGETS_DEFAULT_TENANT": "",
            ]
            let (code, out, error) = try run(Self.link, environment)
            #expect(code == 0 && out.hasPrefix("https://t.example.com/#link="), "\(error)")
        }
    }

    @Test("In a file a value may be a text, a number, true, null or a list")
    func file() throws {
        let words =
            #""secure-cookies":true,"http-port":0,"shards":2,"frame-ancestors":["https://a.example"],"lanes":null"#
        try withFile("{\(words),\"kafka\":{\"enable.ssl.certificate.verification\":false}}") { file in
            let serve = ["serve", "--config", file, "--auth-secret-file", "/does/not/exist"]
            // All settings are read before the secret: only that is missing.
            let error = try run(serve, [:]).error
            #expect(error.contains("--auth-secret-file: /does/not/exist cannot be read"))
        }
        try withFile(#"{"secure-cookies":{}}"#) { file in
            let refused = try run(["serve", "--config", file], [:])
            #expect(refused.code == 2 && refused.error.contains(#""secure-cookies" is neither a text nor a list"#))
        }
        try withFile(#"{"redis-uri":"redis://x"}"#) { file in
            let refused = try run(["serve", "--config", file], [:])
            #expect(refused.code == 2 && refused.error.contains(#"the nearest is "redis-url""#), "\(refused.error)")
        }
    }

    @Test("A misspelt variable is warned of, with the nearest setting")
    func misspelt() throws {
        let environment = [
            "SALESTARGETS_REDIS_URI": "redis://127.0.0.1", "SALESTARGETS_PORT_8080_TCP": "tcp://10.0.0.1:8080",
            "SALESTARGETS_KAFKA_SOCKET_TIMEOUT_MS": "1000", "SALESTARGETS_HTTP_PORT": "0",
        ]
        let error = try run(["serve"], environment).error
        #expect(
            error.contains("warning: SALESTARGETS_REDIS_URI is not a setting; the nearest is SALESTARGETS_REDIS_URL\n")
        )
        #expect(error.contains("warning: SALESTARGETS_PORT_8080_TCP is not a setting\n"))
        #expect(!error.contains("SOCKET_TIMEOUT") && !error.contains("HTTP_PORT is"))
    }

    @Test("A status with a comma is one status in a JSON array, and is kept so beside the numbers")
    func statuses() async throws {
        let system = try await System(rules: Rules(excludedStatuses: ["Cancelled", "Lost, to a rival"]))
        do {
            let statuses = ["Cancelled", "Lost, to a rival", "Lost", "to a rival", ""]
            try await system.publish(
                try statuses.enumerated().map { number, status in
                    guard
                        case .order(let id, .saved(var order, let listed, let version)) =
                            try System.savedOrder("SO-\(number)").change
                    else { throw CocoaError(.coderInvalidValue) }
                    order.status = status
                    let change = Event.Change.order(id, .saved(order, listed: listed, version: version))
                    return system.message(for: Event(tenant: try #require(Identifier("default")), change))
                }
            )
            let config = try system.file("config.json", #"{"excluded-statuses":["Cancelled","Lost, to a rival"]}"#)
            let worker = try system.start(
                ["worker", "--until-caught-up", "--config", config],
                log: "worker.log",
                environment: ["SALESTARGETS_EXCLUDED_STATUSES": ""]
            )
            worker.waitUntilExit()
            #expect(worker.terminationStatus == 0)
            let connection = try await RedisConnection.connect(to: RedisEndpoint(url: system.redis.url))
            defer { connection.closeNow() }
            // The reader refuses numbers of other settings.
            let year = try await LedgerReader(link: connection, settings: system.settings).year(
                2026,
                of: Identifier("ann"),
                tenant: try #require(Identifier("default")),
                measure: .orders
            )
            #expect(year.results.reduce(0, +) == 3)
        } catch {
            Issue.record("\(error)\n\(system.log("worker.log").suffix(2_000))")
        }
        await system.end()
    }
}
