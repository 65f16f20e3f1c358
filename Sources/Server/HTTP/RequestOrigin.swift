internal import HTTPTypes
internal import Hummingbird

/// What a request says of where it comes from. A browser says so by itself, and no page can make it say anything else.
struct RequestOrigin {
    let request: Request

    /// Whether it comes from a page of this very server, or from no page: a program sends none of these headers.
    var isOwn: Bool {
        if let site = request.headers[.secFetchSite], site != "same-origin", site != "none" { return false }
        guard let origin = request.headers[.origin] else { return true }
        let host = origin.split(separator: "://", maxSplits: 1).last.map { $0.lowercased() }
        return origin.contains("://") && host == request.head.authority?.lowercased()
    }

    /// Whether it changes nothing, so that it does no harm wherever it comes from (RFC 9110, section 9.2.1).
    var isSafe: Bool { [.get, .head, .options].contains(request.method) }

    /// Whether the browser came over TLS, as far as a proxy says so. One who makes that up only harms themselves.
    var isSecure: Bool { request.headers[.forwardedProtocol]?.lowercased() == "https" }
}

extension HTTPField.Name {
    static let secFetchSite = HTTPField.Name("Sec-Fetch-Site")!
    static let forwardedFor = HTTPField.Name("X-Forwarded-For")!
    static let forwardedProtocol = HTTPField.Name("X-Forwarded-Proto")!
}
