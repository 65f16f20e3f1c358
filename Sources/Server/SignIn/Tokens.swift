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
    private let sharedKey: (any JWTAlgorithm)?
    private let provider: (any IdentityKeys)?
    private let rules: ProviderRules

    /// A verifier with the keys that tokens may be signed with.
    /// - Parameters:
    ///   - secret: at least 32 bytes; nil when only an identity provider's tokens are valid.
    ///   - provider: an identity provider's keys; nil when only tokens signed with the secret are valid.
    ///   - rules: what tokens of the provider must have besides a signature, and how it names its claims.
    ///   - accounts: the accounts that people sign in with.
    /// - Throws: ``TokenKeyError``.
    package init(
        secret: [UInt8]?,
        provider: (any IdentityKeys)? = nil,
        rules: ProviderRules = ProviderRules(),
        accounts: AccountDirectory = .empty
    ) async throws {
        // RFC 7518, section 3.2.
        if let secret, secret.count < 32 { throw TokenKeyError(description: "the secret is shorter than 32 bytes") }
        signer = secret.map { TokenSigner(secret: $0) }
        sharedKey = try await signer?.key()
        self.provider = provider
        self.rules = rules
        self.accounts = accounts
    }

    /// The viewer of a bearer token or session.
    /// - Throws: when it is not valid: the signature is wrong, it is expired or not valid yet, a claim is missing, it is
    ///   a link's token, or the session has ended.
    func viewer(of text: String, defaultTenant: Identifier, now: Date) async throws(TokenRefusal) -> Viewer {
        let token = try SignedToken(text)
        if token.algorithm == TokenSigner.algorithm {
            let claims = try ownClaims(of: token)
            if claims.audiences.contains(IssuedClaims.linkAudience) {
                throw TokenRefusal("it is the token of a link, which can only be exchanged for a session")
            }
            if claims.audiences.contains(IssuedClaims.sessionAudience) {
                return try await session(claims, defaultTenant: defaultTenant, now: now)
            }
            do throws(TokenRefusal) {
                return try claims.viewer(rules.names, defaultTenant: defaultTenant, now: now)
            } catch {
                // Whoever has the secret may also write the names that links and sessions have.
                return try claims.viewer(.own, defaultTenant: defaultTenant, now: now)
            }
        }
        guard let provider else {
            throw TokenRefusal("the token has another algorithm than HS256, and there are no keys of a provider")
        }
        guard let keys = await provider.keys(for: token) else {
            throw TokenRefusal("the identity provider's keys are not known yet")
        }
        guard keys.mayVerify(token) else {
            throw TokenRefusal("no known key has the token's key id and algorithm")
        }
        guard keys.verifies(token) else { throw TokenRefusal("the token's signature is wrong") }
        let claims = try token.readClaims()
        try rules.check(claims)
        return try claims.viewer(rules.names, defaultTenant: defaultTenant, now: now)
    }

    private func ownClaims(of token: SignedToken) throws(TokenRefusal) -> TokenClaims {
        guard let sharedKey else { throw TokenRefusal("the token is signed with HS256, but the server has no secret") }
        guard token.isSigned(by: sharedKey) else { throw TokenRefusal("the token's signature is wrong") }
        return try token.readClaims()
    }

    /// The viewer of a session; one that began with an account must still have that account as it was.
    private func session(
        _ claims: TokenClaims,
        defaultTenant: Identifier,
        now: Date
    ) async throws(TokenRefusal) -> Viewer {
        var viewer = try claims.viewer(.own, defaultTenant: defaultTenant, now: now)
        guard let id = claims.text("sid") else { throw TokenRefusal("the session has no id") }
        let username = claims.text("account").flatMap { Username($0) }
        let session = Viewer.Session(id: id, account: username, stamp: claims.text("accountStamp") ?? "")
        if let username {
            guard let account = await accounts.current()[username], account.allows(viewer, stamp: session.stamp) else {
                throw TokenRefusal("the account of the session was changed or removed")
            }
            let expires = viewer.expires
            viewer = account.viewer
            viewer.expires = expires
        }
        viewer.session = session
        return viewer
    }

    /// The viewer whom a link signs in. It must expire within ``TokenSigner/linkSeconds``, so that a CRM cannot give
    /// out permanent links.
    func viewer(ofLink token: SignedToken, defaultTenant: Identifier, now: Date) throws(TokenRefusal) -> Viewer {
        let claims = try ownClaims(of: token)
        guard claims.audiences.contains(IssuedClaims.linkAudience) else {
            throw TokenRefusal("the token is not one of a link")
        }
        let latest = now.addingTimeInterval(TokenSigner.linkSeconds + TokenClaims.leeway)
        guard try claims.checkTimes(now: now) <= latest else {
            throw TokenRefusal("the link expires later than links may")
        }
        return try claims.viewer(.own, defaultTenant: defaultTenant, now: now)
    }
}

/// Signs tokens with the shared secret.
package struct TokenSigner: Sendable {
    /// The longest that a link may be valid, in seconds.
    package static let linkSeconds = 300.0
    /// How long a session lasts, in seconds: a working day.
    static let sessionSeconds = 43_200.0
    /// The name of the algorithm.
    static let algorithm = "HS256"

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
        return try await sign(IssuedClaims(subject, role, tenant: tenant, name: name, end: end))
    }

    /// A link's token: it can only be exchanged for a session.
    /// - Parameter expiresIn: at most ``linkSeconds``, or servers refuse it.
    package func link(for viewer: Viewer, expiresIn: Duration, now: Date = Date()) async throws -> String {
        var claims = IssuedClaims(viewer, end: now.addingTimeInterval(expiresIn / .seconds(1)))
        claims.aud = IssuedClaims.linkAudience
        claims.jti = Identifier.random("").rawValue
        return try await sign(claims)
    }

    /// A session, and when it ends.
    /// - Parameter account: the account that the viewer signed in with; nil for a link.
    func session(for viewer: Viewer, account: Account? = nil, now: Date) async throws -> (token: String, end: Date) {
        // Times in tokens are whole seconds.
        let end = Date(timeIntervalSince1970: now.timeIntervalSince1970.rounded(.down) + Self.sessionSeconds)
        var claims = IssuedClaims(viewer, end: end)
        claims.aud = IssuedClaims.sessionAudience
        claims.sid = Identifier.random("").rawValue
        claims.account = account?.username.rawValue
        claims.accountStamp = account?.stamp
        return (try await sign(claims), end)
    }

    /// The secret as a key.
    func key() async throws -> any JWTAlgorithm { try await keys().getKey() }

    private func keys() async -> JWTKeyCollection {
        let keys = JWTKeyCollection()
        await keys.add(hmac: HMACKey(from: Data(secret)), digestAlgorithm: .sha256)
        return keys
    }

    private func sign(_ claims: IssuedClaims) async throws -> String { try await keys().sign(claims) }
}
