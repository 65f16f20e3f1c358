internal import HTTPTypes

/// Errors of signing in and of requests from browsers.
extension Problem {
    /// The same for every cause: the answer must not reveal whether an account exists.
    static let wrongCredentials = Problem(
        status: .unauthorized,
        detail: "The username or the password is wrong, or the link is no longer good.",
        headers: [.wwwAuthenticate: "Bearer"]
    )
    static let foreignOrigin = Problem(
        status: .forbidden,
        detail: "This request must come from this server's own page, or have a bearer token."
    )
    static let signInDisabled = Problem(
        status: .notFound,
        detail: "This server does not sign people in: send a token of the identity provider as a bearer token."
    )
    static let busySigningIn = Problem(
        status: .serviceUnavailable,
        detail: "Too many people are signing in at the moment; try again in a few seconds.",
        headers: [.retryAfter: "3"]
    )

    static let linkNotChecked = Problem(
        status: .serviceUnavailable,
        detail: "Redis does not answer, so it is not known whether the link was used before; try again in a moment.",
        headers: [.retryAfter: "1"]
    )

    /// - Parameter cookie: the value of `Set-Cookie` that removes the session from the browser.
    static func notSignedOutEverywhere(_ cookie: String) -> Problem {
        Problem(
            status: .serviceUnavailable,
            detail: "The cookie is removed, but Redis does not answer, so other servers still accept the session.",
            headers: [.setCookie: cookie, .retryAfter: "1"]
        )
    }

    static func tooManyAttempts(seconds: Int) -> Problem {
        Problem(
            status: .tooManyRequests,
            detail: "There were too many attempts to sign in; try again in \(seconds) seconds.",
            headers: [.retryAfter: "\(seconds)"]
        )
    }

    static func invalidSignIn(_ errors: [BadMember]) -> Problem {
        Problem(
            status: .badRequest,
            detail: "The body must be a JSON object with username and password, or with link.",
            errors: errors
        )
    }
}
