internal import Foundation
internal import HTTPTypes
internal import Hummingbird

/// Where a request comes from. Browsers set `Sec-Fetch-Site` and `Origin` themselves; a page cannot change them.
struct RequestOrigin {
    let request: Request

    /// Whether the request comes from a page of this server, or from a program, which sends neither header.
    var isOwn: Bool {
        if let site = request.headers[.secFetchSite], site != "same-origin", site != "none" { return false }
        guard let origin = request.headers[.origin] else { return true }
        guard let separator = origin.range(of: "://"), let authority = request.head.authority else { return false }
        let scheme = origin[..<separator.lowerBound].lowercased()
        return Self.host(origin[separator.upperBound...], scheme) == Self.host(authority[...], scheme)
    }

    /// In lower case, without the scheme's usual port: browsers leave it out of `Origin`, a proxy may add it to `Host`.
    private static func host(_ authority: Substring, _ scheme: String) -> String {
        let host = authority.lowercased()
        let usual = [":443": "https", ":80": "http"].first { host.hasSuffix($0.key) }
        return usual?.value == scheme ? String(host.dropLast(usual?.key.count ?? 0)) : host
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
