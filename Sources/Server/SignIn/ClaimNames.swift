/// How a provider of tokens names what the server needs to know.
package struct ClaimNames: Sendable {
    /// The claim with the person's id; `realm_access.roles` is a member of a member.
    package var person: String
    /// The claim with the role: a text, or a list of texts.
    package var role: String
    /// The role of this program for each name of the provider's; empty where the provider uses the same names.
    package var roles: [String: Role]

    /// The names in tokens that are made for this program.
    package static let own = ClaimNames()

    /// The names of a provider.
    package init(person: String = "sub", role: String = "role", roles: [String: Role] = [:]) {
        self.person = person
        self.role = role
        self.roles = roles
    }

    /// The role that one of these names gives; of several, the one that may do most. Nil when none gives one.
    func role(of names: [String]) -> Role? {
        let given = Set(names.compactMap { roles.isEmpty ? Role(rawValue: $0) : roles[$0] })
        return Role.allCases.first(where: given.contains)
    }
}

/// What tokens of an identity provider must have besides a signature.
package struct ProviderRules: Sendable {
    /// How the provider names its claims.
    package var names: ClaimNames
    /// The issuers whose tokens are accepted (`iss`, compared exactly); empty for any.
    package var issuers: Set<String>
    /// Of these audiences a token must have one (`aud`); empty for any.
    package var audiences: Set<String>

    /// By default, any issuer and any audience.
    package init(names: ClaimNames = .own, issuers: Set<String> = [], audiences: Set<String> = []) {
        self.names = names
        self.issuers = issuers
        self.audiences = audiences
    }

    /// - Throws: when the token is from another issuer, or for another audience.
    func check(_ claims: TokenClaims) throws(TokenRefusal) {
        guard issuers.isEmpty || claims.text("iss").map(issuers.contains) ?? false else {
            throw TokenRefusal("the token is from another issuer than the setting auth-issuer names")
        }
        guard audiences.isEmpty || !audiences.isDisjoint(with: claims.audiences) else {
            throw TokenRefusal("the token is for another audience than the setting auth-audience names")
        }
    }
}
