/// Settings for browsers, and for proxies between them and the server.
package struct WebSettings: Sendable {
    /// The origins that may show the page in a frame.
    package var frameAncestors: FrameAncestors
    /// The proxies whose `X-Forwarded-For` is trusted.
    package var trustedProxies: TrustedProxies
    /// Whether browsers always use TLS, even without `X-Forwarded-Proto`.
    package var isAlwaysSecure: Bool
    /// The path of the chart library; nil for none.
    package var chartLibrary: String?

    /// By default, no page may frame this one, and no proxy is trusted.
    package init(
        frameAncestors: FrameAncestors = FrameAncestors(),
        trustedProxies: TrustedProxies = TrustedProxies(),
        isAlwaysSecure: Bool = false,
        chartLibrary: String? = nil
    ) {
        self.frameAncestors = frameAncestors
        self.trustedProxies = trustedProxies
        self.isAlwaysSecure = isAlwaysSecure
        self.chartLibrary = chartLibrary
    }
}

/// The origins that may show the page in a frame, such as a CRM's home page.
package struct FrameAncestors: Sendable {
    /// Such as `https://crm.example.com`.
    let origins: [String]

    /// No origins.
    package init() { origins = [] }

    /// - Parameter text: origins, separated by commas or spaces; `https://*.example.com` means all its subdomains.
    /// - Returns: nil when one of them is not valid.
    package init?(_ text: String) {
        origins = text.split { $0 == "," || $0 == " " }.map { $0.lowercased() }
        // The origins are copied into a header: they must not contain a character that ends the directive.
        guard origins.allSatisfy({ $0.wholeMatch(of: Self.origin) != nil }) else { return nil }
    }

    private static var origin: Regex<(Substring, Substring?, Substring?, Substring?)> {
        #/https?://(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?/#
    }
}
