import Concurrency
import Kafka
import SalesRules
import Server

/// The accounts of the demo. They are in memory only, and each run has new random passwords.
struct DemoAccounts: Sendable {
    static let manager = Username("manager")!
    static let salesperson = Username("sales")!

    let managerPassword = Self.password()
    let salespersonPassword = Self.password()
    let accounts: Accounts

    /// - Parameter manager: the id of the manager.
    init(manager: String, salesperson: Person, tenant: Identifier) async throws {
        let passwords = [managerPassword, salespersonPassword]
        let hashes = try await BlockingThread.run("password") { try passwords.map { try PasswordHash(of: $0) } }
        accounts = Accounts([
            Account(
                username: Self.manager,
                person: Identifier(manager)!,
                role: .manager,
                tenant: tenant,
                name: "Marit Manager",
                password: hashes[0]
            ),
            Account(
                username: Self.salesperson,
                person: salesperson.id,
                role: .salesperson,
                tenant: tenant,
                name: salesperson.name,
                password: hashes[1]
            ),
        ])
    }

    /// Three groups of four letters and digits, without those that look alike: 59 bits.
    private static func password() -> String {
        let characters = Array("abcdefghjkmnpqrstuvwxyz23456789")
        let group = { String((0..<4).map { _ in characters.randomElement() ?? "x" }) }
        return [group(), group(), group()].joined(separator: "-")
    }
}
