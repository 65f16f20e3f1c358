internal import Hummingbird

/// The cookie that a browser keeps its session in. Scripts cannot read it.
struct SessionCookie {
    private static let name = "salestargets"
    private let attributes: String

    /// The cookie as this request's browser has to get it. In another site's frame a browser takes only a cookie that says
    /// it is meant for that, over TLS, and keeps it apart for that site (CHIPS).
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
