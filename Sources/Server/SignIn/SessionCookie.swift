internal import Hummingbird

/// The cookie with a browser's session. Scripts cannot read it.
struct SessionCookie {
    private static let name = "salestargets"
    private let attributes: String

    /// The cookie for the browser that sent the request. In a frame of another site, a browser accepts only a cookie
    /// with `SameSite=None` and `Secure`; `Partitioned` makes it a separate cookie for that site (CHIPS).
    init(for request: Request, _ web: WebSettings) {
        let isSecure = web.isAlwaysSecure || RequestOrigin(request: request).isSecure
        let isFramed = isSecure && !web.frameAncestors.origins.isEmpty
        attributes =
            "Path=/; HttpOnly; SameSite=\(isFramed ? "None" : "Lax")" + (isSecure ? "; Secure" : "")
            + (isFramed ? "; Partitioned" : "")
    }

    /// The session that a request carries; nil for none.
    static func session(of request: Request) -> String? { request.cookies[name]?.value }

    /// The value of `Set-Cookie` that begins a session.
    func begin(_ token: String, seconds: Int) -> String { "\(Self.name)=\(token); \(attributes); Max-Age=\(seconds)" }

    /// The value of `Set-Cookie` that ends it.
    var end: String { "\(Self.name)=; \(attributes); Max-Age=0" }
}
