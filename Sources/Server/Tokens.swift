internal import Foundation
internal import JWTKit
package import SalesTargets

/// The claims of a bearer token (the contract's last paragraph).
private struct Claims: JWTPayload {
    var sub: SubjectClaim
    var role: String
    var exp: ExpirationClaim
    var tenant: String?
    var name: String?

    func verify(using algorithm: some JWTAlgorithm) async throws {
        try exp.verifyNotExpired()
    }
}

/// Checks bearer tokens: JWTs signed with the shared secret (HS256), or with a key of a JWKS.
package struct TokenVerifier: Sendable {
    private let keys = JWTKeyCollection()

    /// - Parameters:
    ///   - secret: nil when only an identity provider's tokens are good.
    ///   - jwks: JSON.
    /// - Throws: when the JWKS cannot be read.
    package init(secret: [UInt8]?, jwks: String?) async throws {
        if let secret { await keys.add(hmac: HMACKey(from: Data(secret)), digestAlgorithm: .sha256) }
        if let jwks { try await keys.add(jwksJSON: jwks) }
    }

    /// Nil for a token that is not good: wrongly signed, expired, or without the claims it needs.
    func viewer(of token: String, defaultTenant: Identifier) async -> Viewer? {
        guard token.utf8.count <= 8_192, let claims = try? await keys.verify(token, as: Claims.self),
            let id = Identifier(claims.sub.value), let role = Role(rawValue: claims.role)
        else { return nil }
        if let tenant = claims.tenant {
            guard let tenant = Identifier(tenant) else { return nil }
            return Viewer(id: id, tenant: tenant, role: role, name: claims.name ?? "")
        }
        return Viewer(id: id, tenant: defaultTenant, role: role, name: claims.name ?? "")
    }
}

/// Signs tokens with the shared secret, for the demo and for tests.
package struct TokenSigner: Sendable {
    private let secret: [UInt8]

    /// A signer with this secret, of 32 bytes or more.
    package init(secret: [UInt8]) { self.secret = secret }

    /// - Parameter expiresIn: from now; below zero for one that is past.
    package func token(
        subject: String,
        role: Role,
        tenant: Identifier?,
        name: String?,
        expiresIn: Duration
    ) async throws -> String {
        let keys = JWTKeyCollection()
        await keys.add(hmac: HMACKey(from: Data(secret)), digestAlgorithm: .sha256)
        let end = Date().addingTimeInterval(expiresIn / .seconds(1))
        return try await keys.sign(
            Claims(
                sub: SubjectClaim(value: subject),
                role: role.rawValue,
                exp: ExpirationClaim(value: end),
                tenant: tenant?.rawValue,
                name: name
            )
        )
    }
}
