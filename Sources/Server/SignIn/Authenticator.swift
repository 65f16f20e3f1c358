internal import Foundation
internal import SalesRules

/// Decides who sends a request, and whether they are still signed in.
struct Authenticator: Sendable {
    let verifier: TokenVerifier
    let ended: EndedSessions
    let defaultTenant: Identifier
    let now: @Sendable () -> Date

    /// The viewer of a bearer token or a session's cookie.
    /// - Throws: when the token is not valid, or its session has ended.
    func viewer(of token: String) async throws(TokenRefusal) -> Viewer {
        let viewer = try await verifier.viewer(of: token, defaultTenant: defaultTenant, now: now())
        if let session = viewer.session, await ended.current(now: now()).contains(session.id) {
            throw TokenRefusal("the session was signed out")
        }
        return viewer
    }

    /// A check whether viewers are still signed in, as of this moment. For viewers of a token without a session it is
    /// always true: they are checked with their next request.
    func check() async -> @Sendable (Viewer) -> Bool {
        let (accounts, ended) = (await verifier.accounts.current(), await ended.current(now: now()))
        return { viewer in
            guard let session = viewer.session else { return true }
            if ended.contains(session.id) { return false }
            return session.account.map { accounts[$0]?.allows(viewer, stamp: session.stamp) ?? false } ?? true
        }
    }
}
