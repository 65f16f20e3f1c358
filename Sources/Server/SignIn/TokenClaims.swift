internal import Foundation
internal import SalesRules

/// The claims of a token whose signature is verified.
struct TokenClaims {
    /// How far the clocks of those who sign tokens may differ from the server's, in seconds.
    static let leeway = 60.0

    private let members: [String: ClaimValue]

    init(json: Data) throws(TokenRefusal) {
        guard let members = try? JSONDecoder().decode([String: ClaimValue].self, from: json) else {
            throw TokenRefusal("the token's claims are not a JSON object")
        }
        self.members = members.filter { $0.value != .null }
    }

    /// A claim by its name; or else, where the name has dots, a member of a member: `realm_access.roles`.
    subscript(name: String) -> ClaimValue? {
        if let value = members[name] { return value }
        var value = ClaimValue.members(members)
        for part in name.split(separator: ".", omittingEmptySubsequences: false) {
            guard case .members(let members) = value, let next = members[String(part)] else { return nil }
            value = next
        }
        return value == .null ? nil : value
    }

    /// The texts of `aud`; anything else in it is for others.
    var audiences: [String] { members["aud"]?.texts ?? [] }

    /// The text of a claim; nil when it is absent or not a text.
    func text(_ name: String) -> String? {
        if case .text(let text)? = members[name] { text } else { nil }
    }

    /// - Returns: until when the token is valid, without the leeway.
    /// - Throws: when it is expired or not valid yet, or does not say so in numbers.
    func checkTimes(now: Date) throws(TokenRefusal) -> Date {
        guard let end = members["exp"]?.date else { throw TokenRefusal("the claim exp is missing or not a number") }
        guard end.addingTimeInterval(Self.leeway) > now else { throw TokenRefusal("the token has expired") }
        if let start = members["nbf"] {
            guard let start = start.date else { throw TokenRefusal("the claim nbf is not a number") }
            guard start <= now.addingTimeInterval(Self.leeway) else { throw TokenRefusal("the token is not valid yet") }
        }
        return end
    }

    /// The person whom the claims name.
    func viewer(_ names: ClaimNames, defaultTenant: Identifier, now: Date) throws(TokenRefusal) -> Viewer {
        let end = try checkTimes(now: now)
        guard let person = self[names.person]?.idText.flatMap({ Identifier($0) }) else {
            throw TokenRefusal("the claim \(names.person) is missing or not an id")
        }
        guard person.isPerson else {
            throw TokenRefusal("the claim \(names.person) is `\(person)`, which stands for everyone and is nobody's id")
        }
        guard let role = names.role(of: self[names.role]?.texts ?? []) else {
            throw TokenRefusal("the claim \(names.role) is missing or has no role of this program")
        }
        var tenant = defaultTenant
        if let claim = members["tenant"] {
            guard case .text(let text) = claim, let id = Identifier(text) else {
                throw TokenRefusal("the claim tenant is not an id")
            }
            tenant = id
        }
        return Viewer(
            id: person,
            tenant: tenant,
            role: role,
            name: text("name") ?? "",
            // The live feed ends with the token: also then with the leeway.
            expires: end.addingTimeInterval(Self.leeway)
        )
    }
}
