internal import HTTPTypes
internal import Hummingbird

/// Refuses requests without a valid bearer token or session cookie. Each route decides what a role may see.
struct AuthenticationMiddleware: RouterMiddleware {
    let authenticator: Authenticator
    let refusals: RefusalLog

    func handle(
        _ request: Request,
        context: Context,
        next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let bearer = Self.bearer(of: request)
        guard let token = bearer ?? SessionCookie.session(of: request) else { throw Problem.unauthorized }
        let viewer: Viewer
        do throws(TokenRefusal) {
            viewer = try await authenticator.viewer(of: token)
        } catch {
            refusals.add(error, path: request.uri.path)
            throw Problem.unauthorized
        }
        // A browser adds the cookie to requests from other sites too, but not the bearer token.
        let origin = RequestOrigin(request: request)
        guard bearer != nil || origin.isSafe || origin.isOwn else { throw Problem.foreignOrigin }
        var context = context
        context.viewer = viewer
        return try await next(request, context)
    }

    /// The text after `Bearer`; empty when it is malformed. Nil for another scheme, which may be meant for a proxy.
    static func bearer(of request: Request) -> String? {
        let words = request.headers[.authorization]?.split(separator: " ") ?? []
        guard words.first?.lowercased() == "bearer" else { return nil }
        return words.count == 2 ? String(words[1]) : ""
    }
}
