import SalesRules
import Server

/// Tokens for calling the API of the demo, valid for a day.
struct DemoTokens: Sendable {
    let manager: String
    let salesperson: String
    let ingest: String

    /// - Parameter manager: the id of the manager.
    init(secret: [UInt8], manager: String, salesperson: Person, tenant: Identifier) async throws {
        let signer = TokenSigner(secret: secret)
        func token(_ subject: String, _ role: Role, _ name: String) async throws -> String {
            try await signer.token(
                subject: subject,
                role: role,
                tenant: tenant,
                name: name,
                expiresIn: .seconds(86_400)
            )
        }
        self.manager = try await token(manager, .manager, "Marit Manager")
        self.salesperson = try await token(salesperson.id.rawValue, .salesperson, salesperson.name)
        ingest = try await token("crm", .ingest, "The CRM")
    }
}
