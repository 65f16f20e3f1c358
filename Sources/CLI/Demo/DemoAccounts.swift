import Concurrency
import Kafka
import SalesRules
import Server

/// The accounts of a demonstration, in memory, with passwords that are made up for each run.
struct DemoAccounts: Sendable {
    static let manager = Username("manager")!
    static let salesperson = Username("sales")!

    let managerPassword = Self.password()
    let salespersonPassword = Self.password()
    let accounts: Accounts

    /// - Parameter manager: the manager's id.
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

    /// Three groups of four letters and digits that are not taken for one another: 59 bits.
    private static func password() -> String {
        let characters = Array("abcdefghjkmnpqrstuvwxyz23456789")
        let group = { String((0..<4).map { _ in characters.randomElement() ?? "x" }) }
        return [group(), group(), group()].joined(separator: "-")
    }
}
