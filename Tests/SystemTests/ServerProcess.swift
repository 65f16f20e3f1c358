import Foundation
import FoundationNetworking
import SalesTargets
import Server
import Testing

/// `salestargets serve` of a system, asked over HTTP.
final class ServerProcess: Sendable {
    private let process: Process
    private let address: String
    private let signer: TokenSigner

    struct Answer {
        let status: Int
        let location: String?
        let json: [String: Any]
    }

    /// Starts it and waits until it serves.
    init(_ system: System) async throws {
        let secret = "a secret that is only good for tests"
        signer = TokenSigner(secret: Array(secret.utf8))
        process = try system.start(
            ["serve", "--http-port", "0"],
            log: "serve.log",
            environment: ["SALESTARGETS_AUTH_SECRET": secret]
        )
        let deadline = ContinuousClock.now + .seconds(20)
        var served: Substring?
        while served == nil {
            try #require(ContinuousClock.now < deadline, "it does not serve: \(system.log("serve.log"))")
            try await Task.sleep(for: .milliseconds(20))
            served = system.log("serve.log").firstMatch(of: /http:\/\/127\.0\.0\.1:[0-9]+/)?.output
        }
        address = "\(served ?? "")/api/v1/"
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
    ) async throws -> Answer {
        let token = try await signer.token(
            subject: "u-boss",
            role: role,
            tenant: nil,
            name: nil,
            expiresIn: .seconds(600)
        )
        var request = URLRequest(url: try #require(URL(string: address + path)))
        request.httpMethod = method
        request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization")
        request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        request.httpBody = body.map { Data($0.utf8) }
        let (data, response) = try await URLSession.shared.data(for: request)
        let answer = try #require(response as? HTTPURLResponse)
        return Answer(
            status: answer.statusCode,
            location: answer.value(forHTTPHeaderField: "Location"),
            json: (try? JSONSerialization.jsonObject(with: data) as? [String: Any]) ?? [:]
        )
    }
}
