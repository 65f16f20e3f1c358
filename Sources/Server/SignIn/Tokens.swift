package import Foundation
internal import JWTKit
package import SalesRules

/// Why a secret or a JWKS cannot be used to check tokens.
package struct TokenKeyError: Error, CustomStringConvertible {
    /// For the operator; never quotes a key.
    package let description: String
}

/// Checks tokens: JWTs signed with the shared secret (HS256), or with a key of an identity provider.
package struct TokenVerifier: Sendable {
    /// Signs sessions with the shared secret; nil without one: then people sign in only at the
    /// identity provider.
    let signer: TokenSigner?
    /// The accounts that people sign in with; their sessions end when the account changes.
    let accounts: AccountDirectory
    private let sharedKey: JWTKeyCollection?
    private let provider: (any IdentityKeys)?

    /// A verifier with the keys that tokens may be signed with.
    /// - Parameters:
    ///   - secret: at least 32 bytes; nil when only an identity provider's tokens are valid.
    ///   - provider: an identity provider's keys; nil when only tokens signed with the secret are valid.
    ///   - accounts: the accounts that people sign in with.
    /// - Throws: ``TokenKeyError``.
    package init(
        secret: [UInt8]?,
        provider: (any IdentityKeys)? = nil,
        accounts: AccountDirectory = .empty
    ) async throws {
        if let secret {
            // RFC 7518, section 3.2.
            guard secret.count >= 32 else { throw TokenKeyError(description: "the secret is shorter than 32 bytes") }
            let keys = JWTKeyCollection()
            await keys.add(hmac: HMACKey(from: Data(secret)), digestAlgorithm: .sha256)
            sharedKey = keys
        } else {
            sharedKey = nil
        }
        signer = secret.map { TokenSigner(secret: $0) }
        self.provider = provider
        self.accounts = accounts
    }

    /// The viewer of a bearer token or session. Nil when it is not valid: the signature is wrong, it is expired or not
    /// valid yet, a claim is missing, it is a link's token, or the account of the session has changed.
    func viewer(of token: String, defaultTenant: Identifier, now: Date) async -> Viewer? {
        guard token.utf8.count <= Self.maximumLength else { return nil }
        if let claims = try? await sharedKey?.verify(token, as: OwnClaims.self) {
            guard !claims.isLink, let viewer = claims.common.viewer(defaultTenant: defaultTenant, now: now) else {
                return nil
            }
            guard let username = claims.account else { return viewer }
            guard let account = await accounts.current()[username], let issued = claims.iat,
                account.isCurrent(viewer, since: issued.value)
            else { return nil }
            var current = account.viewer
            current.expires = viewer.expires
            return current
        }
        guard let keys = await provider?.keys(naming: TokenHeader.keyID(of: token)),
            // A token need not name its key; then each key is tried.
            let claims = try? await keys.collection.verify(token, as: Claims.self, iteratingKeys: true)
        else { return nil }
        return claims.viewer(defaultTenant: defaultTenant, now: now)
    }

    /// The viewer whom a link signs in; nil when it is not valid. It must expire within
    /// ``TokenSigner/linkSeconds``, so that a CRM cannot give out permanent links.
    func viewer(ofLink token: String, defaultTenant: Identifier, now: Date) async -> Viewer? {
        guard token.utf8.count <= Self.maximumLength,
            let claims = try? await sharedKey?.verify(token, as: OwnClaims.self), claims.isLink,
            claims.common.exp.value <= now.addingTimeInterval(TokenSigner.linkSeconds)
        else { return nil }
        return claims.common.viewer(defaultTenant: defaultTenant, now: now)
    }

    private static let maximumLength = 8_192
}

/// Signs tokens with the shared secret.
package struct TokenSigner: Sendable {
    /// The longest that a link may be valid, in seconds.
    package static let linkSeconds = 300.0
    /// How long a session lasts, in seconds: a working day.
    static let sessionSeconds = 43_200.0

    private let secret: [UInt8]

    /// A signer with this secret, of 32 bytes or more.
    package init(secret: [UInt8]) { self.secret = secret }

    /// A bearer token with these claims.
    /// - Parameters:
    ///   - expiresIn: counted from `now`; negative for an expired token.
    ///   - now: the current time, except in tests.
    package func token(
        subject: String,
        role: Role,
        tenant: Identifier?,
        name: String?,
        expiresIn: Duration,
        now: Date = Date()
    ) async throws -> String {
        let end = now.addingTimeInterval(expiresIn / .seconds(1))
        return try await sign(Claims(subject, role, tenant: tenant, name: name, end: end))
    }

    /// A link's token: it can only be exchanged for a session.
    /// - Parameter expiresIn: at most ``linkSeconds``, or servers refuse it.
    package func link(for viewer: Viewer, expiresIn: Duration, now: Date = Date()) async throws -> String {
        try await sign(
            OwnClaims(Claims(viewer, end: now.addingTimeInterval(expiresIn / .seconds(1))), aud: OwnClaims.linkAudience)
        )
    }

    /// A session, and when it ends.
    /// - Parameter account: the account that the viewer signed in with; nil for a link.
    func session(for viewer: Viewer, account: Account? = nil, now: Date) async throws -> (token: String, end: Date) {
        // Times in tokens are whole seconds.
        let start = now.timeIntervalSince1970.rounded(.down)
        let end = Date(timeIntervalSince1970: start + Self.sessionSeconds)
        // `changed` is rounded up: a session that begins in the second of the change must be valid.
        let issued = account.map { max($0.changed.timeIntervalSince1970, start) }
        let claims = OwnClaims(
            Claims(viewer, end: end),
            iat: issued.map { IssuedAtClaim(value: Date(timeIntervalSince1970: $0)) },
            account: account?.username.rawValue
        )
        return (try await sign(claims), end)
    }

    private func sign(_ claims: some JWTPayload) async throws -> String {
        let keys = JWTKeyCollection()
        await keys.add(hmac: HMACKey(from: Data(secret)), digestAlgorithm: .sha256)
        return try await keys.sign(claims)
    }
}
