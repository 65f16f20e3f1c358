internal import HTTPTypes
internal import Hummingbird

/// Where a request comes from. Browsers set `Sec-Fetch-Site` and `Origin` themselves; a page cannot change them.
struct RequestOrigin {
    let request: Request

    /// Whether the request comes from a page of this server, or from a program, which sends neither header.
    var isOwn: Bool {
        if let site = request.headers[.secFetchSite], site != "same-origin", site != "none" { return false }
        guard let origin = request.headers[.origin] else { return true }
        let host = origin.split(separator: "://", maxSplits: 1).last.map { $0.lowercased() }
        return origin.contains("://") && host == request.head.authority?.lowercased()
    }

    /// Whether the method is safe: it changes nothing (RFC 9110, section 9.2.1).
    var isSafe: Bool { [.get, .head, .options].contains(request.method) }

    /// Whether a proxy reports that the browser uses TLS. A client that forges this header harms only itself.
    var isSecure: Bool { request.headers[.forwardedProtocol]?.lowercased() == "https" }
}

extension HTTPField.Name {
    static let secFetchSite = HTTPField.Name("Sec-Fetch-Site")!
    static let forwardedFor = HTTPField.Name("X-Forwarded-For")!
    static let forwardedProtocol = HTTPField.Name("X-Forwarded-Proto")!
}
