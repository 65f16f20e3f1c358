import Foundation
import SalesRules
import Server
import TestSupport
import Testing

/// `salestargets serve` of a system, asked over HTTP.
final class ServerProcess: Sendable {
    private let process: Process
    private let client: ServerClient

    /// Starts it and waits until it serves.
    init(_ system: System) async throws {
        process = try system.start(
            ["serve", "--http-port", "0"],
            log: "serve.log",
            environment: ServerClient.environment
        )
        let deadline = ContinuousClock.now + .seconds(20)
        var client: ServerClient?
        while client == nil {
            try #require(ContinuousClock.now < deadline, "it does not serve: \(system.log("serve.log"))")
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
