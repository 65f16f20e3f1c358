internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import SalesRules

/// Lets nobody pass without a valid token, be it a bearer or the session in the cookie; what a role may see, each route
/// decides.
struct AuthenticationMiddleware: RouterMiddleware {
    let verifier: TokenVerifier
    let defaultTenant: Identifier
    let now: @Sendable () -> Date

    func handle(
        _ request: Request,
        context: Context,
        next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let bearer = Self.bearer(of: request)
        guard let token = bearer ?? SessionCookie.session(of: request),
            let viewer = await verifier.viewer(of: token, defaultTenant: defaultTenant, now: now())
        else { throw Problem.unauthorized }
        // A browser sends the cookie along whoever makes it ask; a bearer only the page itself can send.
        let origin = RequestOrigin(request: request)
        guard bearer != nil || origin.isSafe || origin.isOwn else { throw Problem.foreignOrigin }
        var context = context
        context.viewer = viewer
        return try await next(request, context)
    }

    /// What follows `Bearer`; nil where there is none: with another scheme, a proxy may want it for itself.
    private static func bearer(of request: Request) -> String? {
        let words = request.headers[.authorization]?.split(separator: " ") ?? []
        guard words.first?.lowercased() == "bearer" else { return nil }
        return words.count == 2 ? String(words[1]) : ""
    }
}
