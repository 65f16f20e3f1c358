package import Foundation
internal import JWTKit
package import SalesTargets

/// The claims of a bearer token (the contract's last paragraph).
private struct Claims: JWTPayload {
    var sub: SubjectClaim
    var role: String
    var exp: ExpirationClaim
    var nbf: NotBeforeClaim?
    var tenant: String?
    var name: String?

    /// The times are checked where the clock is known.
    func verify(using algorithm: some JWTAlgorithm) async throws {}

    func isInForce(at now: Date) -> Bool {
        exp.value > now && nbf.map { $0.value <= now } ?? true
    }
}

/// Why tokens cannot be checked with what was given.
package struct TokenKeyError: Error, CustomStringConvertible {
    /// For the operator; never quotes a key.
    package let description: String
}

/// Checks bearer tokens: JWTs signed with the shared secret (HS256), or with a key of a JWKS.
package struct TokenVerifier: Sendable {
    private let keys = JWTKeyCollection()

    /// A verifier with the keys that tokens may be signed with.
    /// - Parameters:
    ///   - secret: at least 32 bytes; nil when only an identity provider's tokens are good.
    ///   - jwks: JSON.
    /// - Throws: ``TokenKeyError``.
    package init(secret: [UInt8]?, jwks: String?) async throws {
        if let secret {
            // RFC 7518, section 3.2.
            guard secret.count >= 32 else { throw TokenKeyError(description: "the secret is shorter than 32 bytes") }
            await keys.add(hmac: HMACKey(from: Data(secret)), digestAlgorithm: .sha256)
        }
        for key in try jwks.map(SigningKeys.read) ?? [] {
            do {
                try await keys.add(jwk: key)
            } catch {
                throw TokenKeyError(description: "a key of the JWKS cannot be used")
            }
        }
    }

    /// Nil for a token that is not good: wrongly signed, expired, not good yet, or without the claims it needs.
    func viewer(of token: String, defaultTenant: Identifier, now: Date) async -> Viewer? {
        // A token need not name its key, so that each may have to be tried.
        guard token.utf8.count <= 8_192,
            let claims = try? await keys.verify(token, as: Claims.self, iteratingKeys: true),
            claims.isInForce(at: now),
            let id = Identifier(claims.sub.value), let role = Role(rawValue: claims.role),
            let tenant = claims.tenant.map({ Identifier($0) }) ?? defaultTenant
        else { return nil }
        return Viewer(id: id, tenant: tenant, role: role, name: claims.name ?? "", expires: claims.exp.value)
    }
}

/// Signs tokens with the shared secret, for the demo and for tests.
package struct TokenSigner: Sendable {
    private let secret: [UInt8]

    /// A signer with this secret, of 32 bytes or more.
    package init(secret: [UInt8]) { self.secret = secret }

    /// A token with these claims.
    /// - Parameters:
    ///   - expiresIn: from `now`; below zero for one that is past.
    ///   - now: the present, unless a test says otherwise.
    package func token(
        subject: String,
        role: Role,
        tenant: Identifier?,
        name: String?,
        expiresIn: Duration,
        now: Date = Date()
    ) async throws -> String {
        let keys = JWTKeyCollection()
        await keys.add(hmac: HMACKey(from: Data(secret)), digestAlgorithm: .sha256)
        let end = now.addingTimeInterval(expiresIn / .seconds(1))
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
