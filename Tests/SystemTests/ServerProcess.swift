import Foundation
import SalesRules
import Server
import TestSupport
import Testing

/// A `salestargets serve` process, and an HTTP client for it.
final class ServerProcess: Sendable {
    private let process: Process
    private let client: ServerClient

    /// Starts the process and waits until it accepts requests.
    init(_ system: System) async throws {
        process = try system.start(
            ["serve", "--http-port", "0"],
            log: "serve.log",
            environment: ServerClient.environment
        )
        let deadline = ContinuousClock.now + .seconds(20)
        var client: ServerClient?
        while client == nil {
            try #require(ContinuousClock.now < deadline, "the server did not start in time: \(system.log("serve.log"))")
            try await Task.sleep(for: .milliseconds(20))
            client = ServerClient(log: system.log("serve.log"))
        }
        self.client = try #require(client)
    }

    func end() {
        process.terminate()
        process.waitUntilExit()
    }

    func ask(
        _ method: String,
        _ path: String,
        _ body: String? = nil,
        as role: Role = .manager
    ) async throws -> ServerClient.Answer {
        try await client.ask(method, path, body, as: role)
    }
}
