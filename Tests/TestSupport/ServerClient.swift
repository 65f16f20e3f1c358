package import Foundation
internal import FoundationNetworking
package import SalesRules
package import Server

/// An HTTP client of `salestargets serve`. It signs its own tokens.
package struct ServerClient: Sendable {
    /// The environment variables with which the server must be started.
    package static let environment = ["SALESTARGETS_AUTH_SECRET": secret]
    private static let secret = "a secret that is only good for tests"

    private let address: String
    private let signer = TokenSigner(secret: Array(Self.secret.utf8))

    /// A response of the server.
    package struct Answer {
        package let status: Int
        package let location: String?
        /// Empty when the body is not a JSON object.
        package let json: [String: Any]
    }

    /// Finds the server's address in its log. The result is nil when the server does not accept requests yet.
    package init?(log: String) {
        guard let served = log.matches(of: /http:\/\/127\.0\.0\.1:[0-9]+/).last?.output else { return nil }
        address = "\(served)/api/v1/"
    }

    /// - Parameter path: the path below `/api/v1/`.
    package func ask(
        _ method: String,
        _ path: String,
        _ body: String? = nil,
        as role: Role = .manager,
        tenant: Identifier? = nil,
        timeout: TimeInterval = 60
    ) async throws -> Answer {
        let token = try await signer.token(
            subject: "u-boss",
            role: role,
            tenant: tenant,
            name: nil,
            expiresIn: .seconds(600)
        )
        guard let url = URL(string: address + path) else { throw URLError(.badURL) }
        var request = URLRequest(url: url, timeoutInterval: timeout)
        request.httpMethod = method
        request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization")
        request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        request.httpBody = body.map { Data($0.utf8) }
        let (data, response) = try await URLSession.shared.data(for: request)
        guard let answer = response as? HTTPURLResponse else { throw URLError(.badServerResponse) }
        return Answer(
            status: answer.statusCode,
            location: answer.value(forHTTPHeaderField: "Location"),
            json: (try? JSONSerialization.jsonObject(with: data) as? [String: Any]) ?? [:]
        )
    }
}
