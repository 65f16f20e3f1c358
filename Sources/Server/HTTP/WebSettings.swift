/// What the server has to know of browsers, and of what stands between them and it.
package struct WebSettings: Sendable {
    /// Who may show the page in a frame.
    package var frameAncestors: FrameAncestors
    /// Whose `X-Forwarded-For` is believed.
    package var trustedProxies: TrustedProxies
    /// Whether browsers always come over TLS, also when no `X-Forwarded-Proto` says so.
    package var isAlwaysSecure: Bool
    /// Where the chart library is on disk; nil for none.
    package var chartLibrary: String?

    /// A page that stands alone, with no proxy before it, unless said otherwise.
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
    /// As in `https://crm.example.com`.
    let origins: [String]

    /// Nobody.
    package init() { origins = [] }

    /// - Parameter text: origins, separated by commas or spaces; `https://*.example.com` stands for all under a name.
    /// - Returns: nil when one of them cannot be read.
    package init?(_ text: String) {
        origins = text.split { $0 == "," || $0 == " " }.map { $0.lowercased() }
        // What is in the header as it is given must not be able to end the directive.
        guard origins.allSatisfy({ $0.wholeMatch(of: Self.origin) != nil }) else { return nil }
    }

    private static var origin: Regex<(Substring, Substring?, Substring?, Substring?)> {
        #/https?://(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?/#
    }
}
