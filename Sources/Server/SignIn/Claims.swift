internal import Foundation
internal import JWTKit
internal import SalesRules

/// The claims of every token (docs/CONTRACT.md, "Roles and tokens").
struct Claims: JWTPayload {
    var sub: SubjectClaim
    var role: String
    var exp: ExpirationClaim
    var nbf: NotBeforeClaim?
    var tenant: String?
    var name: String?

    init(_ subject: String, _ role: Role, tenant: Identifier?, name: String?, end: Date) {
        sub = SubjectClaim(value: subject)
        self.role = role.rawValue
        exp = ExpirationClaim(value: end)
        self.tenant = tenant?.rawValue
        self.name = name
    }

    init(_ viewer: Viewer, end: Date) {
        let name = viewer.name.isEmpty ? nil : viewer.name
        self.init(viewer.id.rawValue, viewer.role, tenant: viewer.tenant, name: name, end: end)
    }

    /// Checks nothing: ``viewer(defaultTenant:now:)`` checks the times, with the server's clock.
    func verify(using algorithm: some JWTAlgorithm) async throws {}

    /// Nil when the token is expired or not valid yet, or when a claim is not valid.
    func viewer(defaultTenant: Identifier, now: Date) -> Viewer? {
        guard exp.value > now, nbf.map({ $0.value <= now }) ?? true,
            let id = Identifier(sub.value), let role = Role(rawValue: role),
            let tenant = tenant.map({ Identifier($0) }) ?? defaultTenant
        else { return nil }
        return Viewer(id: id, tenant: tenant, role: role, name: name ?? "", expires: exp.value)
    }
}

/// The claims of tokens that are signed with the shared secret. From an identity provider's token only ``Claims`` are
/// read: the other names may have another meaning there.
struct OwnClaims: JWTPayload {
    static let linkAudience = "salestargets-link"

    var common: Claims
    var iat: IssuedAtClaim?
    /// The username of the account that the session began with.
    var account: String?
    var aud: AudienceClaim?

    private enum CodingKeys: CodingKey { case iat, account, aud }

    init(_ common: Claims, iat: IssuedAtClaim? = nil, account: String? = nil, aud: String? = nil) {
        self.common = common
        self.iat = iat
        self.account = account
        self.aud = aud.map { AudienceClaim(value: [$0]) }
    }

    init(from decoder: any Decoder) throws {
        common = try Claims(from: decoder)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        iat = try container.decodeIfPresent(IssuedAtClaim.self, forKey: .iat)
        account = try container.decodeIfPresent(String.self, forKey: .account)
        aud = try container.decodeIfPresent(AudienceClaim.self, forKey: .aud)
    }

    func encode(to encoder: any Encoder) throws {
        try common.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(iat, forKey: .iat)
        try container.encodeIfPresent(account, forKey: .account)
        try container.encodeIfPresent(aud, forKey: .aud)
    }

    func verify(using algorithm: some JWTAlgorithm) async throws {}

    var isLink: Bool { aud?.value.contains(Self.linkAudience) ?? false }
}

/// The header of a JWT.
struct TokenHeader: Decodable {
    private let kid: String?

    /// The key id in a token that is not verified yet; nil when it has none.
    static func keyID(of token: String) -> String? {
        guard let header = token.split(separator: ".", maxSplits: 1).first,
            let json = Base64URL.data(String(header))
        else { return nil }
        return try? JSONDecoder().decode(TokenHeader.self, from: json).kid
    }
}
